using System.CommandLine;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Dpdk;

namespace OppTel.Dataplane;

/// <summary><c>opptel-dataplane run</c>: forwards until SIGTERM or SIGINT.</summary>
internal sealed class RunCommand
{
    private readonly DataplaneConfiguration configuration;
    private readonly KeyBook keys;
    private bool stop;
    private ExceptionDispatchInfo? failure;

    private RunCommand(DataplaneConfiguration configuration, KeyBook keys)
    {
        this.configuration = configuration;
        this.keys = keys;
    }

    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> file = OperatorProgram.ConfigurationFile(DataplaneConfiguration.DefaultPath);
        Command command = new("run", "Forward between the configured ports, strip trailers and hand them to the aggregator.") { file };
        command.SetAction(result =>
        {
            DataplaneConfiguration configuration = DataplaneConfiguration.Load(result.GetRequiredValue(file));
            using KeyBook keys = configuration.LoadKeys();
            RunCommand run = new(configuration, keys);
            if (!Shim.TryOpen(WireLayouts.All, out string reason))
                throw new OperatorException(ExitCode.Unavailable, reason);
            return run.Execute();
        });
        return command;
    }

    private int Execute()
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, RequestStop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, RequestStop);
        keys.ListenForHangup();
        // EAL pins the thread that starts it, and children would inherit the mask: it gets one of its own.
        Thread control = new(Control) { Name = "control" };
        control.Start();
        control.Join();
        failure?.Throw();
        return ExitCode.Ok;
    }

    private void RequestStop(PosixSignalContext context)
    {
        context.Cancel = true;
        Volatile.Write(ref stop, true);
    }

    private void Control()
    {
        try
        {
            using Forwarder forwarder = Forwarder.Open(configuration, keys);
            using ServiceManager manager = ServiceManager.FromEnvironment();
            ControlLoop loop = new(forwarder, manager, configuration, keys);
            Announce(forwarder);
            // What starting left behind goes now, not when frames pass.
            GC.Collect();
            forwarder.StartWorkers();
            loop.Run(ref stop);
        }
        catch (DpdkException exception)
        {
            failure = ExceptionDispatchInfo.Capture(new OperatorException(ExitCode.System, exception.Message, exception));
        }
        catch (Exception exception)
        {
            failure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private void Announce(Forwarder forwarder)
    {
        foreach (PairConfiguration pair in configuration.Pairs)
            Console.Error.WriteLine($"opptel-dataplane: {pair.Name}: {Describe(pair.Host)} (host) <-> {Describe(pair.Network)} (network)");
        foreach (KeyFile file in keys.Files)
            Console.Error.WriteLine($"opptel-dataplane: {file.Path}: {KeyFile.Describe(file.Key)}");
        string cpus = string.Join(", ", forwarder.Workers.Select(worker => worker.Cpu));
        Console.Error.WriteLine(
            $"opptel-dataplane: forwarding with {Shim.DpdkVersion}, workers on CPU {cpus}, segment {configuration.SegmentPath}");
    }

    private static string Describe(PortSpecification port) => $"{port.Name} by {Spelling.SnakeCase(port.Driver.ToString())}";
}
