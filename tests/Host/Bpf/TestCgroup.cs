using System.Globalization;

namespace OppTel.Host.Tests.Bpf;

/// <summary>A cgroup of the unified hierarchy for the length of a test.</summary>
internal sealed class TestCgroup : IDisposable
{
    private static int made;

    public TestCgroup()
    {
        string mount = File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).Single(fields => fields[2] == "cgroup2")[1];
        Path = System.IO.Path.Combine(mount, $"opptel-test-{Environment.ProcessId}-{Interlocked.Increment(ref made)}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>The kernel's id of a cgroup is the inode of its folder.</summary>
    public ulong Id => TestLibc.Inode(Path);

    public TimeSpan CpuTime => TimeSpan.FromMicroseconds(double.Parse(
        File.ReadLines(System.IO.Path.Combine(Path, "cpu.stat")).Single(line => line.StartsWith("usage_usec", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture));

    public void Dispose() => Wait.Until(TryRemove, $"{Path} is removed");

    private bool TryRemove()
    {
        try
        {
            Directory.Delete(Path);
            return true;
        }
        catch (IOException)
        {
            // A dying process still stands in it.
            return false;
        }
    }
}
