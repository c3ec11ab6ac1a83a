using System.Globalization;
using OppTel.Bpf;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The disk sampler beside the kernel's own account of the same requests.</summary>
public sealed class DiskTests : IDisposable
{
    private readonly KernelFixture kernel = new();
    private readonly RunningSampler disk;
    private readonly string file = Path.Combine(AppContext.BaseDirectory, $"disk-{Environment.ProcessId}");

    public DiskTests() => disk = kernel.LoadSampler("disk");

    public void Dispose()
    {
        disk.Dispose();
        kernel.Dispose();
        File.Delete(file);
    }

    [Fact]
    public void ReadsAndWritesAgreeWithDiskstats()
    {
        using BpfLink link = disk.Object!.Program("opptel_disk_complete").Attach();
        Account before = Account.Now(), own = Slots();
        Command("dd", "if=/dev/zero", $"of={file}", "bs=64k", "count=800", "oflag=direct");
        Command("dd", $"if={file}", "of=/dev/null", "bs=64k", "iflag=direct");
        Account account = Account.Now() - before, counted = Slots() - own;
        Assert.True(account is { Reads: > 100, Writes: > 100 }, $"the folder of this test is on no disk: {account}");
        AssertNear(account.Reads, counted.Reads);
        AssertNear(account.Writes, counted.Writes);
        AssertNear(account.ReadBytes, counted.ReadBytes);
        AssertNear(account.WriteBytes, counted.WriteBytes);
        AssertTimes("opptel_disk_read_latency_slot", counted.Reads, account.ReadMilliseconds, account.Reads);
        AssertTimes("opptel_disk_write_latency_slot", counted.Writes, account.WriteMilliseconds, account.Writes);
    }

    /// <summary>The histogram holds each request once, and the kernel's sum of their times lies within its bounds.</summary>
    private void AssertTimes(string variable, ulong requests, ulong milliseconds, ulong accounted)
    {
        OppTel.Catalog.LogLinear shape = KernelFixture.HistogramAt(variable);
        int first = (int)KernelFixture.Plan.Variables[variable];
        ulong[] counts = [.. Enumerable.Range(0, shape.Buckets).Select(bucket => kernel.Slots[first + bucket].Value)];
        AssertNear(requests, counts.Aggregate((sum, count) => sum + count));
        double most = counts[..^1].Select((count, bucket) => count * shape.UpperBound(bucket)).Sum();
        double least = counts[..^1].Select((count, bucket) => bucket == 0 ? 0 : count * shape.UpperBound(bucket - 1)).Sum();
        // The kernel's account ends a little behind the hook, when it has told who asked for the data.
        Assert.InRange(milliseconds / 1e3, (least * 0.98) - 0.002, (most * 1.02) + 0.002 + (accounted * 50e-6));
    }

    /// <summary>Requests of others begin and end while the two accounts are read one after the other.</summary>
    private static void AssertNear(ulong expected, ulong actual) => Assert.InRange(actual, expected * 0.98, (expected * 1.02) + 1);

    private Account Slots()
    {
        ulong Of(int slot) => Volatile.Read(ref kernel.Slots[(int)KernelFixture.Plan.Variables["opptel_disk_slot"] + slot].Value);
        return new Account(Of(2), Of(0), 0, Of(3), Of(1), 0);
    }

    private static void Command(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    /// <summary>Sums over all disks; partitions repeat what their disk has.</summary>
    private readonly record struct Account(ulong Reads, ulong ReadBytes, ulong ReadMilliseconds, ulong Writes, ulong WriteBytes, ulong WriteMilliseconds)
    {
        private const ulong Sector = 512;

        public static Account Now()
        {
            Account sum = default;
            foreach (string[] fields in File.ReadLines("/proc/diskstats").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            {
                // Devices without a queue of their own pass on what is counted below them.
                if (!Directory.Exists($"/sys/block/{fields[2]}/mq"))
                    continue;
                ulong[] numbers = [.. fields[3..].Select(text => ulong.Parse(text, CultureInfo.InvariantCulture))];
                sum = new Account(
                    sum.Reads + numbers[0], sum.ReadBytes + (numbers[2] * Sector), sum.ReadMilliseconds + numbers[3],
                    sum.Writes + numbers[4], sum.WriteBytes + (numbers[6] * Sector), sum.WriteMilliseconds + numbers[7]);
            }

            return sum;
        }

        public static Account operator -(Account left, Account right) => new(
            left.Reads - right.Reads, left.ReadBytes - right.ReadBytes, left.ReadMilliseconds - right.ReadMilliseconds,
            left.Writes - right.Writes, left.WriteBytes - right.WriteBytes, left.WriteMilliseconds - right.WriteMilliseconds);
    }
}
