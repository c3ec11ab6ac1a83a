using System.Diagnostics;
using System.Globalization;

namespace OppTel.Host.Tests.Bpf;

/// <summary>A child process that works in a known way, and what /proc says about it.</summary>
internal sealed class Workload : IDisposable
{
    private readonly Process process;

    private Workload(Process process) => this.process = process;

    public ulong Id => (ulong)process.Id;

    /// <summary>A process that never gives up its CPU of its own.</summary>
    public static Workload Burn(int cpu) => Perl(cpu, "1 while 1");

    /// <summary>A process that works a little and sleeps a little.</summary>
    public static Workload Doze(int cpu) => Perl(cpu, "while (1) { $i = 0; $i++ while $i < 20000; select(undef, undef, undef, 0.001) }");

    public static Workload Start(string program, params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments)) ?? throw new InvalidOperationException($"cannot start {program}"));

    /// <summary>Stops it, so that the kernel's account of it stands still.</summary>
    public void Stop()
    {
        TestLibc.Signal((int)Id, TestLibc.SignalStop);
        Wait.Until(() => File.ReadAllText($"/proc/{Id}/stat").Split(") ")[1][0] == 'T', $"{Id} is stopped");
    }

    public void Continue() => TestLibc.Signal((int)Id, TestLibc.SignalContinue);

    /// <summary>The kernel's own account of a process with one thread.</summary>
    public BlockValues Account()
    {
        ulong[] schedule = [.. File.ReadAllText($"/proc/{Id}/schedstat").Split(' ').Select(ulong.Parse)];
        return new BlockValues(schedule[0], Status("voluntary_ctxt_switches"), Status("nonvoluntary_ctxt_switches"), schedule[1]);
    }

    /// <summary>User and system time from /proc/PID/stat, the way ps and top see it.</summary>
    public TimeSpan StatTime()
    {
        string[] fields = File.ReadAllText($"/proc/{Id}/stat").Split(") ")[1].Split(' ');
        // Ticks of the user interface: always 100 per second.
        return TimeSpan.FromMilliseconds(10 * (ulong.Parse(fields[11], CultureInfo.InvariantCulture) + ulong.Parse(fields[12], CultureInfo.InvariantCulture)));
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static Workload Perl(int cpu, string script) => Start("taskset", "-c", $"{cpu}", "perl", "-e", script);

    private ulong Status(string key) =>
        ulong.Parse(File.ReadLines($"/proc/{Id}/status").Single(line => line.StartsWith($"{key}:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);
}
