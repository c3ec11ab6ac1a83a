using System.Net.NetworkInformation;
using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The mark of carriers: what a switch has to find again, and nothing else.</summary>
public sealed class MarkTests : IDisposable
{
    private const int Loopback = 1;
    private const int LoopbackMtu = 65536;
    private const int SourceAddress = 6;
    private static readonly byte[] Own = [2, 0, 0, 0, 0, 2];
    private readonly KernelFixture kernel = new();
    private readonly MappedArray<HostMarks> map;
    private readonly FrameMarks marks;

    public MarkTests()
    {
        map = kernel.Object.Map("opptel_marks").MapInto<HostMarks>();
        marks = new FrameMarks(map);
        marks.Add(Loopback, new PhysicalAddress(Own));
        marks.Asked = true;
    }

    public void Dispose()
    {
        map.Dispose();
        kernel.Dispose();
    }

    [Theory]
    [MemberData(nameof(EgressTests.Carriers), MemberType = typeof(EgressTests))]
    public void ACarrierLeavesWithOneBitMoreAndIsItselfAgainWithoutIt(byte[] frame)
    {
        kernel.Publish(8, 42);
        byte[] stamped = kernel.Send(frame);
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(stamped, out int length));
        Assert.Equal([new ValueRecord(8, 42)], KernelFixture.Read(stamped.AsSpan(^length..)).Values);
        byte[] marked = [.. frame];
        marked[SourceAddress] ^= 2;
        Assert.Equal(marked, stamped[..^length]);
        // What carries nothing leaves as it came.
        Assert.Equal(frame.AsSpan(12, 2).SequenceEqual<byte>([0x88, 0xB5]), !kernel.Send(frame).AsSpan().SequenceEqual(frame));
    }

    [Fact]
    public void WithAnyOtherSourceItIsNoCarrier()
    {
        kernel.Publish(8, 42);
        for (int bit = 0; bit < 48; bit++)
        {
            byte[] frame = Frames.Ipv4Udp(20);
            frame[SourceAddress + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.Equal(frame, kernel.Send(frame));
        }

        Assert.Equal(48ul, kernel.Count(EgressReason.NotMarkable));
        kernel.State[0].LeaseUntil = 0;
        Assert.Equal(Frames.Ipv4Udp(20), kernel.Send(Frames.Ipv4Udp(20)));
        Assert.Equal((48ul, 1ul), (kernel.Count(EgressReason.NotMarkable), kernel.Count(EgressReason.NoLease)));
    }

    /// <summary>The daemon marks control frames itself; of these only heartbeats carry, and none goes on.</summary>
    [Fact]
    public void AHeartbeatThatIsMarkedAlreadyCarries()
    {
        kernel.Publish(8, 42);
        byte[] heartbeat = Frames.Control((byte)ControlKind.Heartbeat);
        heartbeat[SourceAddress] ^= 2;
        Assert.Equal(42ul, kernel.Stamp(heartbeat).Values.Single().Raw);
        heartbeat[SourceAddress + 1] ^= 1;
        Assert.Equal(heartbeat, kernel.Send(heartbeat));
        Assert.Equal(1ul, kernel.Count(EgressReason.NotMarkable));
    }

    [Fact]
    public void AnInterfaceThatIsNotKnownSendsNoCarriersUntilNobodyAsks()
    {
        kernel.Publish(8, 42);
        byte[] frame = Frames.Ipv6Udp(9);
        marks.Remove(Loopback);
        Assert.Equal(frame, kernel.Send(frame));
        Assert.Equal(1ul, kernel.Count(EgressReason.NotMarkable));
        marks.Asked = false;
        Assert.Equal(42ul, kernel.Stamp(frame).Values.Single().Raw);
    }

    [Fact]
    public void AsManyInterfacesAreKnownAsFitAndEachHasItsOwnAddress()
    {
        marks.Remove(Loopback);
        for (int index = 100; index < 100 + HostMarks.MaxUplinks; index++)
            marks.Add(index, new PhysicalAddress([0, 0, 0, 0, 0, (byte)index]));
        // No room is left.
        marks.Add(Loopback, new PhysicalAddress(Own));
        kernel.Publish(8, 42);
        Assert.Equal(Frames.Arp(), kernel.Send(Frames.Arp()));
        marks.Remove(100 + HostMarks.MaxUplinks - 1);
        marks.Add(Loopback, new PhysicalAddress(Own));
        byte[] stamped = kernel.Send(Frames.Arp());
        Assert.Equal((StripReason.Stripped, 0), (Trailer.Inspect(stamped, out _), stamped[SourceAddress]));
    }

    /// <summary>The mark lies in no checksum: a trailer stays neutral, and what the packet says of itself stays true.</summary>
    [Fact]
    public void NoFrameChangesButInItsMark() => AnyFrame.Made().Sample(
        frame =>
        {
            if (frame.Length > 3400)
                return;
            frame = [.. frame[..SourceAddress], .. Own, .. frame[(SourceAddress + Own.Length)..]];
            kernel.Publish(8, 1, 2, 3);
            ulong[] before = kernel.Counts();
            byte[] left;
            try
            {
                left = kernel.Send(frame);
            }
            catch (BpfException exception) when (exception.Error == 22)
            {
                // Shorter than the header that its EtherType announces.
                return;
            }

            ulong[] after = kernel.Counts();
            EgressReason reason = Enum.GetValues<EgressReason>().Single(candidate => after[(int)candidate] != before[(int)candidate]);
            Assert.Contains(reason, EgressOracle.Expect(frame, LoopbackMtu));
            if (reason == EgressReason.Stamped)
            {
                Assert.Equal(StripReason.Stripped, Trailer.Inspect(left, out int length));
                left = left[..^length];
                left[SourceAddress] ^= 2;
            }

            Assert.True(EgressOracle.Left(frame, reason).SequenceEqual(left), $"{reason} changed {Convert.ToHexString(frame)}");
        },
        iter: 5_000,
        threads: 1);
}
