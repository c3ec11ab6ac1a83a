using System.Diagnostics;
using System.Globalization;

namespace OppTel.Host.Tests.Bpf;

/// <summary>A disk that is a file, for the length of a test: to the kernel a block device as any other, with a queue of requests.</summary>
internal sealed class LoopDevice : IDisposable
{
    private static int made;
    private readonly bool isDirect;

    /// <param name="mebibytes">Its size.</param>
    /// <param name="isDirect">Whether its requests become requests to the disk below, and do not end in the page cache.</param>
    public LoopDevice(int mebibytes, bool isDirect)
    {
        this.isDirect = isDirect;
        File = System.IO.Path.Combine(AppContext.BaseDirectory, $"disk-{Environment.ProcessId}-{Interlocked.Increment(ref made)}");
        Run("dd", "if=/dev/zero", $"of={File}", "bs=1M", $"count={mebibytes}", "conv=fsync");
        Path = "";
        Attach();
    }

    /// <summary>Of the file.</summary>
    public string File { get; }

    /// <summary>Such as /dev/loop0.</summary>
    public string Path { get; private set; }

    /// <summary>Such as loop0.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Takes the next free loop device.</summary>
    public void Attach() => Path = Run("losetup", "--find", "--show", $"--direct-io={(isDirect ? "on" : "off")}", File).Trim();

    /// <summary>Gives the loop device back; the file stays.</summary>
    public void Detach()
    {
        if (Path.Length > 0)
            Run("losetup", "--detach", Path);
        Path = "";
    }

    public void Dispose()
    {
        Detach();
        System.IO.File.Delete(File);
    }

    /// <summary>Runs a command to its end, which has to be a good one.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
        return output.Result;
    }
}

/// <summary>The kernel's account of one disk: a line of /proc/diskstats, in its groups of operations.</summary>
/// <param name="Operations">Reads, writes, discards and flushes.</param>
/// <param name="Bytes">Of the first three.</param>
/// <param name="Seconds">Sum of the times that they took.</param>
internal sealed record DiskAccount(double[] Operations, double[] Bytes, double[] Seconds)
{
    private const double Sector = 512;

    /// <summary>Accounts of all disks with a queue of requests, by the kernel's device number; others pass on what is counted below them.</summary>
    public static Dictionary<ulong, DiskAccount> All() =>
        System.IO.File.ReadLines("/proc/diskstats")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => Directory.Exists($"/sys/block/{fields[2]}/mq"))
            .ToDictionary(fields => (ulong.Parse(fields[0], CultureInfo.InvariantCulture) << 20) | ulong.Parse(fields[1], CultureInfo.InvariantCulture), Read);

    public static DiskAccount operator -(DiskAccount left, DiskAccount right) => new(
        Minus(left.Operations, right.Operations), Minus(left.Bytes, right.Bytes), Minus(left.Seconds, right.Seconds));

    private static double[] Minus(double[] left, double[] right) => [.. left.Zip(right, (one, other) => one - other)];

    /// <remarks>Documentation/admin-guide/iostats.rst: operations, merged ones, sectors and ms of reads, of writes; three numbers; of discards; operations and ms of flushes.</remarks>
    private static DiskAccount Read(string[] fields)
    {
        double[] numbers = [.. fields[3..].Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return new DiskAccount(
            [numbers[0], numbers[4], numbers[11], numbers[15]],
            [numbers[2] * Sector, numbers[6] * Sector, numbers[13] * Sector],
            [numbers[3] / 1e3, numbers[7] / 1e3, numbers[14] / 1e3, numbers[16] / 1e3]);
    }
}
