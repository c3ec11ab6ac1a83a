using OppTel.Segment;

namespace OppTel.Dataplane.Tests;

/// <summary>The real program between two kernel interfaces, by both drivers. Needs root.</summary>
public sealed class KernelPortTests : IDisposable
{
    private const string Yaml = """
        memory: 256MiB
        hugepages: none
        polling: adaptive
        pairs:
          - host: { driver: DRIVER, interface: dpu0 }
            network: { driver: DRIVER, interface: dpu1 }
        segment: { path: $segment }
        """;

    private const int Count = 200;

    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(11);

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public void FramesCrossBothWaysAndTrailersDoNot(string driver)
    {
        RequireRoot();
        using VethBed bed = new();
        using DataplaneProcess dataplane = Start(bed, driver);
        AssertForwards(bed);
        Assert.Equal((ulong)Count, dataplane.Counter(0, PortCounter.Carriers));
        dataplane.Terminate();
        Assert.False(bed.HasXdp("dpu0"), "the XDP program is left behind");
    }

    [Fact]
    public void AnInterfaceHasOneDataplane()
    {
        RequireRoot();
        using VethBed bed = new();
        using DataplaneProcess dataplane = Start(bed, "af_packet");
        using TemporaryDirectory other = new();
        (int code, string errors) = DataplaneProcess.Fail(
            other, Yaml.Replace("DRIVER", "af_packet", StringComparison.Ordinal), ["ip", "netns", "exec", bed.Dpu]);
        Assert.Equal(Configuration.ExitCode.Unavailable, code);
        Assert.Contains("pairs[0].host.interface: 'dpu0' belongs to another dataplane that is running", errors, StringComparison.Ordinal);
        AssertForwards(bed);
        dataplane.Terminate();
    }

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public void AKilledDataplaneIsReplacedByTheNextOne(string driver)
    {
        RequireRoot();
        using VethBed bed = new();
        using (Start(bed, driver))
            AssertForwards(bed);
        using DataplaneProcess next = Start(bed, driver);
        AssertForwards(bed);
        next.Terminate();
    }

    [Theory]
    [InlineData(1900)]
    [InlineData(2000)]
    [InlineData(4000)]
    [InlineData(9000)]
    public void JumboFramesCrossPacketSockets(int mtu)
    {
        RequireRoot();
        using VethBed bed = new(mtu);
        using DataplaneProcess dataplane = Start(bed, "af_packet");
        List<byte[]> bare = [.. Enumerable.Range(0, 50).Select(frame => Frames.Ipv4(mtu + 14 - frame, random))];
        foreach (byte[] frame in bare)
            bed.Network.Send(frame);
        Assert.Equal(bare, bed.Receive(bed.Host, bare.Count, frame => !frame.AsSpan().StartsWith(Frames.ControlGroup)));
        dataplane.Terminate();
    }

    [Fact]
    public void AFrameThatIsTooLongForTheRingIsNotCutAndPassedOn()
    {
        RequireRoot();
        using VethBed bed = new(9000);
        bed.SetMtu("dpu0", 1500);
        using DataplaneProcess dataplane = Start(bed, "af_packet");
        bed.SetMtu("dpu0", 9000);
        byte[] last = Frames.Ipv4(200, random);
        for (int length = 1514; length < 9014; length += 60)
            bed.Host.Send(Frames.Ipv4(length, random));
        bed.Host.Send(last);
        List<byte[]> arrived = bed.Receive(bed.Network, 200, frame => frame.Length == 200 || frame.Length != 14 + ((frame[16] << 8) | frame[17]));
        Assert.Equal([last], arrived);
        dataplane.Terminate();
    }

    [Fact]
    public void AnInterfaceThatMergesPacketsIsRefusedWithTheRemedy()
    {
        RequireRoot();
        using VethBed bed = new();
        bed.Merge("dpu1");
        (int code, string errors) = DataplaneProcess.Fail(
            directory, Yaml.Replace("DRIVER", "af_packet", StringComparison.Ordinal), ["ip", "netns", "exec", bed.Dpu]);
        Assert.Equal(Configuration.ExitCode.Configuration, code);
        Assert.Contains("pairs[0].network.interface: 'dpu1' puts received packets together", errors, StringComparison.Ordinal);
        Assert.Contains("run: ethtool -K dpu1 gro off", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ASegmentThatIsCutShortCostsTelemetryAndNoFrame()
    {
        RequireRoot();
        using VethBed bed = new();
        using DataplaneProcess dataplane = Start(bed, "af_packet");
        AssertForwards(bed);
        // Whoever may write to the rings could do this. From here on this process must not look into the segment either.
        using (FileStream file = new(directory["segment"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(0);
        AssertForwards(bed);
        dataplane.Terminate();
    }

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public void SigtermEndsItWithinASecondAlsoWithADeadLink(string driver)
    {
        RequireRoot();
        // The best of three: a busy machine takes its time to end any process.
        TimeSpan best = TimeSpan.MaxValue;
        for (int attempt = 0; attempt < 3 && best > TimeSpan.FromSeconds(1); attempt++)
        {
            using VethBed bed = new();
            using DataplaneProcess dataplane = Start(bed, driver);
            bed.SetLink("dpu1", "down");
            for (int frame = 0; frame < 3000; frame++)
                bed.Host.Send(Frames.Ipv4(200, random));
            TimeSpan taken = dataplane.Terminate();
            best = taken < best ? taken : best;
        }

        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    private void AssertForwards(VethBed bed)
    {
        // Random headers: most of these frames are IPv4 fragments, which no driver may reassemble.
        List<byte[]> bare = [.. Enumerable.Range(0, Count).Select(_ => Frames.Ipv4(random.Next(60, 1300), random))];
        foreach (byte[] frame in bare)
            bed.Host.Send(Frames.Stamp(frame, random, out _));
        Assert.Equal(bare, bed.Receive(bed.Network, bare.Count, _ => true));
        foreach (byte[] frame in bare)
            bed.Network.Send(frame);
        Assert.Equal(bare, bed.Receive(bed.Host, bare.Count, frame => !frame.AsSpan().StartsWith(Frames.ControlGroup)));
    }

    private DataplaneProcess Start(VethBed bed, string driver) =>
        DataplaneProcess.Start(directory, Yaml.Replace("DRIVER", driver, StringComparison.Ordinal), ["ip", "netns", "exec", bed.Dpu]);

    /// <summary>Without root there are no namespaces; where CI is set that is a failure.</summary>
    private static void RequireRoot()
    {
        bool ci = Environment.GetEnvironmentVariable("CI") is not (null or "");
        Assert.SkipUnless(Environment.IsPrivilegedProcess || ci, "network namespaces need root");
    }
}
