using System.Diagnostics;
using OppTel.Segment;

namespace OppTel.Dataplane.Tests;

/// <summary>One run of the real program in a directory of its own.</summary>
internal sealed class DataplaneProcess : IDisposable
{
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "opptel-dataplane");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly Task<string> errors;

    private DataplaneProcess(TemporaryDirectory directory, Process process)
    {
        Directory = directory;
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        SharedSegment? attached = null;
        try
        {
            WaitUntil(() => TryAttach(directory["segment"], process.Id, out attached), "the segment");
            Segment = attached!;
            WaitUntil(() => Volatile.Read(ref Segment.Header.State) == (uint)SegmentState.Running, "the state 'running'");
        }
        catch
        {
            End();
            attached?.Dispose();
            throw;
        }
    }

    public TemporaryDirectory Directory { get; }

    public SharedSegment Segment { get; }

    public int Id => process.Id;

    /// <summary>What it said, once it has ended.</summary>
    public string Errors => errors.Result;

    /// <summary>Starts the program and waits until it forwards.</summary>
    /// <param name="directory">Where its files go.</param>
    /// <param name="yaml">The configuration; a dollar sign stands for the directory.</param>
    /// <param name="through">A command that becomes the program, such as ip netns exec.</param>
    /// <param name="environment">More variables.</param>
    public static DataplaneProcess Start(
        TemporaryDirectory directory, string yaml, string[]? through = null, IDictionary<string, string>? environment = null) =>
        new(directory, Spawn(directory, yaml, through ?? [], environment));

    /// <summary>Runs a program that is expected to fail, to its end.</summary>
    public static (int Code, string Errors) Fail(
        TemporaryDirectory directory, string yaml, string[]? through = null, IDictionary<string, string>? environment = null)
    {
        using Process process = Spawn(directory, yaml, through ?? [], environment);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }

    public ulong Counter(int port, PortCounter counter) => Segment.PortCounters(0, port)[(int)counter];

    public ulong Counter(WorkerCounter counter) => Segment.WorkerCounters(0)[(int)counter];

    public ulong Rejected(int port, Wire.StripReason reason) => Segment.PortCounters(0, port)[(int)PortCounter.Rejected + (int)reason];

    public void WaitUntil(Func<bool> condition, string what)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (process.HasExited)
                Assert.Fail($"the program ended with {process.ExitCode} before {what}: {errors.Result}");
            Assert.True(watch.Elapsed < Patience, $"no sign of {what} after {Patience}");
            Thread.Sleep(5);
        }
    }

    /// <summary>Waits for a number of received packets, ends the program with SIGTERM and gives the time that took.</summary>
    public TimeSpan Terminate(int port = 0, int packets = 0, int code = 0)
    {
        if (packets > 0)
            WaitUntil(() => Counter(port, PortCounter.RxPackets) >= (ulong)packets, $"{packets} packets");
        Stopwatch watch = Stopwatch.StartNew();
        using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            kill.WaitForExit();
        Assert.True(process.WaitForExit(Patience), "SIGTERM does not end the program");
        TimeSpan elapsed = watch.Elapsed;
        Assert.True(process.ExitCode == code, $"exit code {process.ExitCode}: {errors.Result}");
        Assert.False(File.Exists(Directory["segment"]), "the segment is left behind");
        return elapsed;
    }

    public void Dispose()
    {
        End();
        Segment.Dispose();
    }

    private void End()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Attaches to the segment of this very process, not to what a dead one left.</summary>
    private static bool TryAttach(string path, int processId, out SharedSegment? segment)
    {
        segment = File.Exists(path) ? SharedSegment.Attach(path) : null;
        if (segment is null || segment.Header.ProcessId == processId)
            return segment is not null;
        segment.Dispose();
        return false;
    }

    private static Process Spawn(TemporaryDirectory directory, string yaml, string[] through, IDictionary<string, string>? environment)
    {
        File.WriteAllText(directory["dataplane.yaml"], yaml.Replace("$", directory.Path + "/", StringComparison.Ordinal));
        // What it runs through becomes the program: the process keeps its number.
        string[] command = [.. through, Program, "run", "--config", directory["dataplane.yaml"]];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardError = true,
            WorkingDirectory = directory.Path,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
