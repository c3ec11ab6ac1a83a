using System.Text.RegularExpressions;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Lease;

/// <summary>
/// Programs of others at the hook, as a container network has them: one before ours and one behind it. Every packet passes all of them,
/// and when ours goes, however it goes, they stay.
/// </summary>
public sealed partial class SharedHookTests : IDisposable
{
    private const int Pings = 200;

    /// <summary>Ours is 20308.</summary>
    private const string LowPriority = "7", HighPriority = "49000";

    private readonly Testbed testbed = new();

    public void Dispose() => testbed.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ThoseOfTcxRunBeforeAndBehindOurs(bool isKilled)
    {
        RunningProgram host = Start("tcx");
        using Stranger before = new(testbed, "tcx", "before"), behind = new(testbed, "tcx", "after");
        AssertAllSeeAll(before, behind);
        End(host, isKilled);
        AssertBothSeeAll(before, behind);
        _ = StartAgain();
        // What comes later goes before all others, whoever they are: one of them could end the chain.
        AssertBothSeeAll(before, behind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ThoseOfClsactRunByTheirPriority(bool isKilled)
    {
        // The qdisc is the first one's who wants it: once theirs, once ours.
        Stranger? early = isKilled ? new Stranger(testbed, "clsact", LowPriority) : null;
        RunningProgram host = Start("clsact");
        using Stranger before = early ?? new Stranger(testbed, "clsact", LowPriority), behind = new(testbed, "clsact", HighPriority);
        AssertAllSeeAll(before, behind);
        Assert.Equal([LowPriority, "20308", HighPriority], Priorities());
        End(host, isKilled);
        // A killed owner detaches nothing: its filter stands there, without a lease, until the next one replaces it.
        Assert.Equal(isKilled ? [LowPriority, "20308", HighPriority] : [LowPriority, HighPriority], Priorities());
        Assert.Contains("clsact", testbed.Run("host", "tc", "qdisc", "show", "dev", "eth0").Expect(), StringComparison.Ordinal);
        Thread.Sleep(500);
        AssertBothSeeAll(before, behind);
        host = StartAgain();
        AssertAllSeeAll(before, behind);
        End(host, isKilled: false);
        Assert.Equal([LowPriority, HighPriority], Priorities());
    }

    private static void End(RunningProgram host, bool isKilled)
    {
        if (isKilled)
            host.Kill();
        else
            host.Terminate();
    }

    private RunningProgram Start(string attach)
    {
        File.AppendAllText(testbed["host.yaml"], $"attach: {attach}\n");
        RunningProgram host = testbed.StartAll().Host;
        testbed.WaitFor("trailers", () => Stamped() > 0);
        return host;
    }

    private RunningProgram StartAgain()
    {
        RunningProgram host = testbed.StartHost();
        testbed.WaitFor("the daemon", () => host.Log.Contains("a DPU is listening", StringComparison.Ordinal));
        testbed.WaitFor("trailers again", () => Stamped() > 0);
        return host;
    }

    private double Stamped() => testbed.HostMetrics().Sum("opptel_host_packets_total", ("reason", "stamped"));

    /// <summary>Ours stamps between the two: the one behind sees what the one before it saw, and the trailers.</summary>
    private void AssertAllSeeAll(Stranger before, Stranger behind)
    {
        (long packets, long bytes, long packetsBehind, long bytesBehind, double ours, double trailers) seen = default;
        Poll.Until("a moment in which all have seen the same packets", () => IsSame(), () => $"{seen}", TimeSpan.FromSeconds(60));

        bool IsSame()
        {
            ((long Packets, long Bytes) first, (long Packets, long Bytes) last, Exposition own) = (before.Counts, behind.Counts, testbed.HostMetrics());
            Ping();
            ((long Packets, long Bytes) firstAfter, (long Packets, long Bytes) lastAfter, Exposition ownAfter) = (before.Counts, behind.Counts, testbed.HostMetrics());
            double Grown(string name) => ownAfter.Sum(name) - own.Sum(name);
            seen = (firstAfter.Packets - first.Packets, firstAfter.Bytes - first.Bytes, lastAfter.Packets - last.Packets, lastAfter.Bytes - last.Bytes,
                Grown("opptel_host_packets_total"), Grown("opptel_host_trailer_bytes_total"));
            return seen.packets >= Pings && seen.packets == seen.packetsBehind && seen.packets == seen.ours && seen.trailers > 0
                && seen.bytes + seen.trailers == seen.bytesBehind;
        }
    }

    private void AssertBothSeeAll(Stranger before, Stranger behind)
    {
        string seen = "";
        Poll.Until("a moment in which both have seen the same packets", () =>
        {
            ((long Packets, long Bytes) first, (long Packets, long Bytes) last) = (before.Counts, behind.Counts);
            Ping();
            ((long Packets, long Bytes) firstAfter, (long Packets, long Bytes) lastAfter) = (before.Counts, behind.Counts);
            seen = $"{firstAfter} - {first}, {lastAfter} - {last}";
            return firstAfter.Packets - first.Packets >= Pings && firstAfter.Packets - first.Packets == lastAfter.Packets - last.Packets;
        }, () => seen, TimeSpan.FromSeconds(60));
    }

    private void Ping() => testbed.Run("host", "ping", "-q", "-c", $"{Pings}", "-i", "0.002", Testbed.NetworkAddress).Expect();

    /// <summary>Of the filters at the host's egress, in the order in which they run.</summary>
    private string[] Priorities() =>
        [.. Priority().Matches(testbed.Run("host", "tc", "filter", "show", "dev", "eth0", "egress").Expect()).Select(match => match.Groups["priority"].Value).Distinct()];

    [GeneratedRegex(@"pref (?<priority>\d+) ")]
    private static partial Regex Priority();
}
