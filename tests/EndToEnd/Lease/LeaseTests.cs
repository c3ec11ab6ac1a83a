using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Lease;

/// <summary>Trailers leave only while somebody takes them: whoever dies ends that in time, whoever returns resumes it.</summary>
public sealed class LeaseTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);

    private readonly Testbed testbed = new();
    private readonly RunningProgram dataplane;
    private readonly RunningProgram aggregator;
    private readonly RunningProgram host;
    private readonly SteadySender sender;
    private readonly PacketTap tap;

    public LeaseTests()
    {
        (dataplane, aggregator, host) = testbed.StartAll();
        sender = new SteadySender(testbed);
        tap = new PacketTap(testbed.Host, "eth0");
        ExpectTrailersFrom(Boottime.Now);
    }

    public void Dispose()
    {
        sender.Dispose();
        tap.Dispose();
        testbed.Dispose();
    }

    [Fact]
    public void AStoppedDataplaneEndsTrailersAndAStartedOneResumesThem()
    {
        ulong stopped = Boottime.Now;
        dataplane.Terminate();
        ExpectNoTrailers(stopped, Limit);
        ulong started = Boottime.Now;
        _ = testbed.StartDataplane();
        ExpectTrailersFrom(started);
        Assert.False(host.HasExited || aggregator.HasExited, testbed.Logs());
    }

    [Fact]
    public void AKilledDataplaneEndsTrailersAndAStartedOneResumesThem()
    {
        ulong killed = Boottime.Now;
        dataplane.Kill();
        ExpectNoTrailers(killed, Limit);
        ulong started = Boottime.Now;
        _ = testbed.StartDataplane();
        ExpectTrailersFrom(started);
        Assert.False(host.HasExited || aggregator.HasExited, testbed.Logs());
    }

    [Fact]
    public void AKilledDaemonEndsTrailersAndAStartedOneResumesThem()
    {
        ulong killed = Boottime.Now;
        host.Kill();
        ExpectNoTrailers(killed, Limit);
        ulong started = Boottime.Now;
        _ = testbed.StartHost();
        ExpectTrailersFrom(started);
    }

    [Fact]
    public void AFrozenDaemonEndsTrailersAndResumesThem()
    {
        ulong frozen = Boottime.Now;
        host.Signal("STOP");
        ExpectNoTrailers(frozen, Limit);
        ulong thawed = Boottime.Now;
        host.Signal("CONT");
        ExpectTrailersFrom(thawed);
    }

    [Fact]
    public void AKilledAggregatorCostsNoPacketAndEndsTheLeaseUntilItReturns()
    {
        RunningProgram ping = testbed.Start("network", "ping", "-q", "-c", "4000", "-i", "0.002", Testbed.HostAddress);
        testbed.WaitFor("pings", () => tap.Count(frame => frame.Bytes.Length > 23 && frame.Bytes[23] == 1) > 10);
        ulong killed = Boottime.Now;
        aggregator.Kill();
        // The dataplane gives it 200 ms, then tells the host with the next beacon.
        ExpectNoTrailers(killed, Limit);
        ulong started = Boottime.Now;
        _ = testbed.StartAggregator();
        ExpectTrailersFrom(started);
        ping.WaitForExit();
        Assert.Contains("4000 packets transmitted, 4000 received", ping.Log, StringComparison.Ordinal);
    }

    private void ExpectTrailersFrom(ulong moment) =>
        testbed.WaitFor("trailers", () => tap.Count(frame => frame.Outgoing && frame.Stamped > moment) > 50);

    /// <summary>Long enough for hundreds of packets to leave, none of them stamped later than <paramref name="limit"/> after a moment.</summary>
    private void ExpectNoTrailers(ulong moment, TimeSpan limit)
    {
        ulong last = moment + (ulong)limit.TotalNanoseconds;
        testbed.WaitFor("packets without trailers", () => tap.Count(frame => frame.Outgoing && !frame.IsControl && frame.Seen > last) > 500);
        ulong[] late = [.. tap.Frames.Where(frame => frame.Outgoing && frame.Stamped > last).Select(frame => (frame.Stamped!.Value - moment) / 1_000_000)];
        Assert.True(late.Length == 0, $"{late.Length} trailers up to {late.LastOrDefault()} ms after\n{testbed.Logs()}");
        Assert.Equal(0u, tap.Missed);
    }
}
