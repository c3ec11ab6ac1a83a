using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

public sealed class EgressTests : IDisposable
{
    private const int OneValue = WireFormat.FooterSize + WireFormat.ValueSize;
    private readonly KernelFixture kernel = new();

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void ACarrierTakesWhatIsDueAndStripsBackToItself()
    {
        kernel.Publish(100, 1, 2, 0xFFFF_FFFF_FFFF);
        byte[] frame = Frames.Ipv4Udp(payload: 33);
        (Footer footer, ValueRecord[] values) = kernel.Stamp(frame);
        Assert.Equal((7, 3), (footer.Epoch, footer.Values));
        Assert.Equal([new ValueRecord(100, 1), new ValueRecord(101, 2), new ValueRecord(102, 0xFFFF_FFFF_FFFF)], values);
        Assert.Equal(1ul, kernel.Count(EgressReason.Stamped));
        Assert.Equal(frame, kernel.Send(frame));
        Assert.Equal(1ul, kernel.Count(EgressReason.NothingDue));
    }

    public static TheoryData<byte[]> Carriers => new(
        Frames.Ipv4Udp(0),
        Frames.Ipv4Udp(1),
        Frames.Ipv4(100, protocol: 6),
        Frames.Ipv6Udp(0),
        Frames.Ipv6Udp(77),
        Frames.Ipv6(30, next: 58),
        Frames.Arp(),
        Frames.Vlan(Frames.Arp(), 0x8100),
        Frames.Vlan(Frames.Ipv4Udp(5), 0x8100),
        Frames.Vlan(Frames.Ipv6Udp(5), 0x88A8),
        Frames.Vlan(Frames.Ipv4Udp(5), 0x8100, 0x88A8),
        Frames.Vlan(Frames.Ipv6Udp(6), 0x8100, 0x8100),
        Frames.Control((byte)ControlKind.Heartbeat));

    [Theory]
    [MemberData(nameof(Carriers))]
    public void EveryKindOfCarrierIsStamped(byte[] frame)
    {
        kernel.Publish(8, 42);
        Assert.Equal([new ValueRecord(8, 42)], kernel.Stamp(frame).Values);
    }

    public static TheoryData<EgressReason, byte[]> Refused => new()
    {
        { EgressReason.UnknownEthertype, Frames.Ethernet(0x86DE, new byte[40]) },
        { EgressReason.UnknownEthertype, Frames.Ethernet(46, new byte[46]) },
        { EgressReason.UnknownEthertype, Frames.Vlan(Frames.Ipv4Udp(9), 0x8100, 0x8100, 0x8100) },
        { EgressReason.MalformedL3, Frames.Vlan(Frames.Ipv4Udp(9), 0x8100)[..37] },
        { EgressReason.MalformedL3, Frames.Vlan(Frames.Ipv6Udp(9), 0x8100)[..57] },
        { EgressReason.MalformedL3, Frames.Arp()[..41] },
        { EgressReason.MalformedL3, Frames.Vlan(Frames.Arp(), 0x8100)[..17] },
        { EgressReason.MalformedL3, Frames.Control((byte)ControlKind.Heartbeat)[..53] },
        { EgressReason.MalformedL3, Change(Frames.Ipv4Udp(9), 14, 0x65) },
        { EgressReason.MalformedL3, Change(Frames.Ipv4Udp(9), 14, 0x44) },
        { EgressReason.MalformedL3, Change(Frames.Ipv4Udp(9), 17, 19) },
        { EgressReason.MalformedL3, Change(Frames.Ipv6Udp(9), 14, 0x40) },
        { EgressReason.MalformedL3, Change(Change(Frames.Ipv6(9, next: 0), 18, 0), 19, 0) },
        { EgressReason.MalformedL3, Change(Frames.Arp(), 18, 8) },
        { EgressReason.MalformedL3, Change(Frames.Control((byte)ControlKind.Heartbeat), 14, 2) },
        { EgressReason.LengthMismatch, Frames.Ipv4Udp(9)[..^1] },
        { EgressReason.LengthMismatch, [.. Frames.Ipv4Udp(9), 0] },
        { EgressReason.LengthMismatch, [.. Frames.Arp(), .. new byte[18]] },
        { EgressReason.LengthMismatch, [.. Frames.Ipv4Udp(9), .. new byte[21], 0x54, 0x4F] },
        { EgressReason.Control, Frames.Control((byte)ControlKind.Beacon, 32) },
        { EgressReason.Control, Frames.Control((byte)ControlKind.Catalog, 100) },
        { EgressReason.Control, Frames.Control((byte)ControlKind.Dedicated) },
        { EgressReason.Control, Frames.Control((byte)ControlKind.None) },
        { EgressReason.LateIntegrity, Frames.Ipv4(50, protocol: 132) },
        { EgressReason.LateIntegrity, Frames.Ipv4(50, protocol: 50) },
        { EgressReason.LateIntegrity, Frames.Ipv6(50, next: 132) },
        { EgressReason.LateIntegrity, Frames.Ipv6(50, next: 60) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void WhatIsNoCarrierLeavesAsItCame(EgressReason reason, byte[] frame)
    {
        kernel.Publish(8, 42);
        Assert.Equal(frame, kernel.Send(frame));
        Assert.Equal(1ul, kernel.Count(reason));
        Assert.Equal(1ul, kernel.Counts().Aggregate((sum, count) => sum + count));
        Assert.Equal(42ul, kernel.Stamp(Frames.Arp()).Values.Single().Raw);
    }

    [Fact]
    public void AGsoPacketIsLeftAlone()
    {
        kernel.Publish(8, 42);
        byte[] frame = Frames.Ipv4(1000, protocol: 6);
        Assert.Equal(frame, kernel.Send(frame, gsoSize: 500));
        Assert.Equal(1ul, kernel.Count(EgressReason.Gso));
    }

    public static TheoryData<byte[]> ForgeryTargets => new(
        Frames.Ipv4Udp(0), Frames.Ipv4Udp(1), Frames.Ipv6Udp(9), Frames.Arp(), Frames.Vlan(Frames.Ipv4Udp(3), 0x88A8, 0x8100), Frames.Ipv4(20, protocol: 132));

    [Theory]
    [MemberData(nameof(ForgeryTargets))]
    public void AForgedTrailerIsTrimmedWithAndWithoutALease(byte[] frame)
    {
        byte[] forged = Frames.Forge(frame, values: 3);
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(forged, out _));
        Assert.Equal(frame, kernel.Send(forged));
        kernel.State[0].LeaseUntil = 0;
        Assert.Equal(frame, kernel.Send(forged));
        Assert.Equal(2ul, kernel.Count(EgressReason.ForgedTrimmed));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    public void WithoutALeaseNothingIsAppended(ulong leaseUntil)
    {
        kernel.Publish(8, 42);
        kernel.State[0].LeaseUntil = leaseUntil;
        byte[] frame = Frames.Ipv4Udp(10), heartbeat = Frames.Control((byte)ControlKind.Heartbeat);
        Assert.Equal(frame, kernel.Send(frame));
        Assert.Equal(heartbeat, kernel.Send(heartbeat));
        Assert.Equal(2ul, kernel.Count(EgressReason.NoLease));
        kernel.State[0].LeaseUntil = ulong.MaxValue;
        Assert.Equal(42ul, kernel.Stamp(frame).Values.Single().Raw);
    }

    [Fact]
    public void TheLeaseEndsByItselfOnTheBootClock()
    {
        ulong now = TestLibc.Boottime;
        kernel.State[0].LeaseUntil = now + 300_000_000;
        kernel.Publish(8, 42);
        Assert.InRange(kernel.Stamp(Frames.Arp()).Footer.Time, now, now + 300_000_000);
        kernel.Publish(8, 43);
        while (TestLibc.Boottime <= now + 300_000_000)
            Thread.Sleep(10);
        Assert.Equal(Frames.Arp(), kernel.Send(Frames.Arp()));
        Assert.Equal(1ul, kernel.Count(EgressReason.NoLease));
    }

    [Fact]
    public void TheGapBetweenTrailersIsKeptByAllButHeartbeats()
    {
        // The gap is per CPU: all packets have to leave from one.
        using PinnedThread thread = new(cpu: 0);
        thread.Run(() =>
        {
            kernel.State[0].MinGap = ulong.MaxValue >> 1;
            kernel.Publish(8, 42);
            kernel.Streams[0].LastStamp = TestLibc.Boottime;
            Assert.Equal(Frames.Arp(), kernel.Send(Frames.Arp()));
            Assert.Equal(1ul, kernel.Count(EgressReason.TooSoon));
            Assert.Equal(42ul, kernel.Stamp(Frames.Control((byte)ControlKind.Heartbeat)).Values.Single().Raw);
        });
    }

    [Fact]
    public void LimitsAreKept()
    {
        ulong[] values = [.. Enumerable.Range(0, 64).Select(value => (ulong)value)];
        kernel.Publish(64, values);
        kernel.State[0].MaxValues = 5;
        Assert.Equal(5, kernel.Stamp(Frames.Arp()).Values.Length);
        kernel.State[0].MaxValues = 1000;
        Assert.Equal(HostMaps.MaxValues, kernel.Stamp(Frames.Arp()).Values.Length);
        kernel.State[0].MaxTrailer = OneValue + 7;
        Assert.Single(kernel.Stamp(Frames.Arp()).Values);
        kernel.State[0].MaxTrailer = OneValue - 1;
        Assert.Equal(Frames.Arp(), kernel.Send(Frames.Arp()));
        Assert.Equal(1ul, kernel.Count(EgressReason.NoSlack));
    }

    [Fact]
    public void SequencesAreContinuousOnEveryCpu()
    {
        kernel.State[0].RefreshValues = 0;
        for (int cpu = 0; cpu < Environment.ProcessorCount; cpu++)
        {
            using PinnedThread thread = new(cpu);
            thread.Run(() =>
            {
                for (uint number = 0; number < 20; number++)
                {
                    kernel.Publish(8, number);
                    Footer footer = kernel.Stamp(Frames.Ipv4Udp((int)number)).Footer;
                    Assert.Equal(((ushort)cpu, number), (footer.Stream, footer.Sequence));
                    // Packets that are no carriers take no number.
                    kernel.Send(Frames.Ipv4Udp(0));
                }
            });
            Assert.Equal((20u, 20ul, 20ul, 20ul * OneValue), (kernel.Streams[cpu].Sequence, kernel.Streams[cpu].Trailers, kernel.Streams[cpu].Values, kernel.Streams[cpu].Bytes));
        }
    }

    [Fact]
    public void AHeartbeatIsFilledWithWhatIsLiveAndMarked()
    {
        kernel.SetLive(150, 3, live: true);
        _ = kernel.Stamp(Frames.Control((byte)ControlKind.Heartbeat));
        (Footer footer, ValueRecord[] values) = kernel.Stamp(Frames.Control((byte)ControlKind.Heartbeat));
        Assert.Equal(TrailerFlags.Heartbeat, footer.Flags);
        Assert.Equal([150, 151, 152], values.Select(value => (int)value.Slot).Order());
    }

    private static byte[] Change(byte[] frame, int offset, byte value)
    {
        frame[offset] = value;
        return frame;
    }

    /// <summary>What the daemon stores leaves once for each new value.</summary>
    [Fact]
    public void StoredValuesLeaveWhenTheyAreNew()
    {
        using MappedArray<HostStore> stored = kernel.Object.Map("opptel_stored").MapInto<HostStore>();
        (stored[0].FirstSlot, stored[0].Count) = (300, 3);
        kernel.SetLive(300, 3, live: true);
        kernel.Stamp(Frames.Ipv4Udp(10));
        (stored[0].Value[0], stored[0].Value[2]) = (7, 9);
        Assert.Equal(3, kernel.Object.Program("opptel_store").Call(0));
        Assert.Equal([new ValueRecord(300, 7), new ValueRecord(302, 9)], kernel.Stamp(Frames.Ipv4Udp(10)).Values);
        Assert.Equal(3, kernel.Object.Program("opptel_store").Call(0));
        Assert.Equal(Frames.Ipv4Udp(10), kernel.Send(Frames.Ipv4Udp(10)));
    }
}
