using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>A disk of its own: a loop device on a file, whose requests are requests to the disk below.</summary>
internal sealed class LoopDisk : IDisposable
{
    private static int made;
    private readonly string file = System.IO.Path.Combine(AppContext.BaseDirectory, $"disk-{Environment.ProcessId}-{Interlocked.Increment(ref made)}");

    /// <param name="mebibytes">Its size.</param>
    public LoopDisk(int mebibytes)
    {
        Command.Run("dd", "if=/dev/zero", $"of={file}", "bs=1M", $"count={mebibytes}", "conv=fsync").Expect();
        Path = Command.Run("losetup", "--find", "--show", "--direct-io=on", file).Expect().Trim();
        Number = File.ReadAllText($"/sys/block/{Name}/dev").Trim();
    }

    /// <summary>Such as /dev/loop0.</summary>
    public string Path { get; }

    /// <summary>Such as loop0.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Such as 7:0.</summary>
    public string Number { get; }

    /// <summary>The same as one number.</summary>
    public ulong Id => Number.Split(':').Aggregate(0ul, (sum, text) => (sum << 20) | ulong.Parse(text, CultureInfo.InvariantCulture));

    public void Dispose()
    {
        Command.Run("losetup", "--detach", Path).Expect();
        File.Delete(file);
    }
}
