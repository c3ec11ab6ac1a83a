using OppTel.Segment;

namespace OppTel.Dataplane.Tests;

/// <summary>The real program between two kernel interfaces, by both drivers. Needs root.</summary>
public sealed class KernelPortTests : IDisposable
{
    private const string Yaml = """
        memory: 128MiB
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
        using VethBed bed = new();
        using DataplaneProcess dataplane = Start(bed, driver);
        bed.SetLink("dpu1", "down");
        for (int frame = 0; frame < 3000; frame++)
            bed.Host.Send(Frames.Ipv4(200, random));
        Assert.InRange(dataplane.Terminate(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
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
