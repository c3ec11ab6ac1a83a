using System.Text.Json;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>One testbed of its own with the real programs in it; everything goes with it.</summary>
internal sealed class Testbed : IDisposable
{
    public const string HostAddress = "10.77.0.1";
    public const string HostAddress6 = "fd77::1";
    public const string NetworkAddress = "10.77.0.2";
    public const string NetworkAddress6 = "fd77::2";

    private static int made;
    private readonly List<RunningProgram> programs = [];
    private readonly HttpClient management = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly HttpClient hostClient;
    private readonly FaultyLink? link;
    private bool isGone;

    /// <param name="driver">Of the dataplane's ports.</param>
    /// <param name="bridge">Whether a plain bridge is in the place of a dataplane.</param>
    /// <param name="faultyLink">Whether <see cref="Link"/> is between host and DPU.</param>
    public Testbed(string driver = "af_xdp", bool bridge = false, bool faultyLink = false)
    {
        Name = $"t{Environment.ProcessId % 1_000_000}-{++made}";
        Command.Run(Repository.Script("testbed"), ["up", "--name", Name, "--driver", driver, .. bridge ? ["--bridge"] : (string[])[], .. faultyLink ? ["--cut"] : (string[])[]]).Expect();
        Host = new NetworkNamespace($"{Name}-host");
        Dpu = new NetworkNamespace($"{Name}-dpu");
        Network = new NetworkNamespace($"{Name}-network");
        hostClient = Host.Http();
        link = faultyLink ? new FaultyLink(new NetworkNamespace($"{Name}-link")) : null;
        Address = File.ReadAllText(this["address"]).Trim();
    }

    public string Name { get; }

    public NetworkNamespace Host { get; }

    public NetworkNamespace Dpu { get; }

    public NetworkNamespace Network { get; }

    /// <summary>Where the DPU is managed.</summary>
    public string Address { get; }

    /// <summary>What is between host and DPU.</summary>
    public FaultyLink Link => link ?? throw new InvalidOperationException("this testbed was made without a faulty link");

    /// <summary>Variables that the three programs are started with, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    public ControlKey Key => ControlKey.FromBytes(Convert.FromHexString(File.ReadAllText(this["key"]).Trim()));

    /// <summary>A file in the testbed's folder.</summary>
    public string this[string file] => Path.Combine("/run/opptel-testbed", Name, file);

    public RunningProgram StartDataplane() => StartProgram("dpu", "opptel-dataplane", "dataplane.yaml");

    public RunningProgram StartAggregator() => StartProgram("dpu", "opptel-aggregator", "aggregator.yaml", "--unprivileged");

    public RunningProgram StartHost() => StartProgram("host", "opptel-host", "host.yaml");

    /// <summary>Starts the three programs and waits for the first records on the DPU; without any, nothing is left.</summary>
    public (RunningProgram Dataplane, RunningProgram Aggregator, RunningProgram Host) StartAll()
    {
        (RunningProgram, RunningProgram, RunningProgram) all = (StartDataplane(), StartAggregator(), StartHost());
        try
        {
            WaitFor("records at the aggregator", () => DpuMetrics().Sum("opptel_records_total") > 0);
        }
        catch
        {
            // Nobody disposes of what a test's constructor has not finished.
            Dispose();
            throw;
        }

        return all;
    }

    /// <summary>Starts a command beside the test.</summary>
    public RunningProgram Start(string role, params IEnumerable<string> command) => Start(role, [], command);

    /// <summary>Runs a command to its end.</summary>
    public CommandResult Run(string role, params IEnumerable<string> command) =>
        Command.Run(Repository.Script("testbed"), ["exec", role, "--name", Name, "--", .. command]);

    /// <summary>A scrape of the aggregator.</summary>
    public Exposition DpuMetrics() => new(management.GetStringAsync($"http://{Address}:9435/metrics").GetAwaiter().GetResult());

    /// <summary>What the aggregator answers in JSON.</summary>
    public JsonElement Ask(string path) => JsonDocument.Parse(management.GetStringAsync($"http://{Address}:9435{path}").GetAwaiter().GetResult()).RootElement;

    /// <summary>A scrape of the host daemon.</summary>
    public Exposition HostMetrics() => new(hostClient.GetStringAsync("http://127.0.0.1:9436/metrics").GetAwaiter().GetResult());

    /// <summary>Waits for a condition; a failure tells what the programs said.</summary>
    public void WaitFor(string what, Func<bool> condition) => Poll.Until(what, condition, Logs);

    /// <summary>What all programs said.</summary>
    public string Logs() => string.Join('\n', programs.Select(program => program.Log));

    public void Dispose()
    {
        if (isGone)
            return;
        isGone = true;
        link?.Dispose();
        CommandResult down = Command.Run(Repository.Script("testbed"), "down", "--name", Name);
        programs.ForEach(program => program.Dispose());
        management.Dispose();
        hostClient.Dispose();
        down.Expect();
        Assert.DoesNotContain(Directory.GetFiles("/run/netns"), file => Path.GetFileName(file).StartsWith($"{Name}-", StringComparison.Ordinal));
    }

    private RunningProgram StartProgram(string role, string name, string configuration, params string[] options) =>
        Start(role, options, [.. Variables.Count > 0 ? ["env", .. Variables] : (string[])[], Repository.Program(name), "run", "--config", this[configuration]]);

    private RunningProgram Start(string role, string[] options, IEnumerable<string> command)
    {
        RunningProgram program = new(Repository.Script("testbed"), ["exec", role, "--name", Name, .. options, "--", .. command]);
        programs.Add(program);
        return program;
    }
}
