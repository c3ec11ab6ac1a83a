using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Tests.Daemon;

public class BeaconGateTests
{
    private static readonly ControlKey Key = ControlKey.FromBytes(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly BeaconGate gate = new(Key);

    [Fact]
    public void AFreshBeaconIsAcceptedOnce()
    {
        byte[] frame = Frame(instance: 1, counter: 1, lease: 300);
        Assert.Equal(BeaconVerdict.Accepted, gate.Judge(frame, out Beacon beacon));
        Assert.Equal(300u, beacon.LeaseMilliseconds);
        Assert.Equal(BeaconVerdict.Replayed, gate.Judge(frame, out _));
    }

    [Fact]
    public void PaddingBehindTheFrameDoesNotMatter() =>
        Assert.Equal(BeaconVerdict.Accepted, gate.Judge([.. Frame(1, 1, 300), 0, 0, 0], out _));

    [Fact]
    public void ARestartedDpuIsFollowedAndItsPastIsNot()
    {
        byte[] recorded = Frame(1, 1000, 300);
        Assert.Equal(BeaconVerdict.Accepted, gate.Judge(Frame(1, 5, 300), out _));
        Assert.Equal(BeaconVerdict.Accepted, gate.Judge(Frame(2, 1, 300), out _));
        Assert.Equal(BeaconVerdict.Replayed, gate.Judge(recorded, out _));
        Assert.Equal(BeaconVerdict.Accepted, gate.Judge(Frame(2, 2, 300), out _));
    }

    [Fact]
    public void EveryFlippedBitAndEveryTruncationIsRefused()
    {
        byte[] frame = Frame(1, 1, 300);
        for (int bit = 14 * 8; bit < frame.Length * 8; bit++)
        {
            byte[] flipped = [.. frame];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(BeaconVerdict.Accepted, gate.Judge(flipped, out _));
        }

        for (int length = 0; length < frame.Length; length++)
            Assert.NotEqual(BeaconVerdict.Accepted, gate.Judge(frame.AsSpan(0, length), out _));
        Assert.Equal(BeaconVerdict.Accepted, gate.Judge(frame, out _));
    }

    [Fact]
    public void AStrangersBeaconIsRefused()
    {
        byte[] frame = Frame(1, 1, 300, ControlKey.Public);
        Assert.Equal(BeaconVerdict.BadTag, gate.Judge(frame, out _));
    }

    [Fact]
    public void OtherKindsAreNoBeacons() =>
        Assert.Equal(BeaconVerdict.OtherKind, gate.Judge(Frame(1, 1, 300, kind: ControlKind.Catalog), out _));

    private static byte[] Frame(ulong instance, ulong counter, uint lease, ControlKey? key = null, ControlKind kind = ControlKind.Beacon)
    {
        byte[] frame = new byte[14 + ControlHeader.Size + Beacon.FixedSize];
        Span<byte> packet = frame.AsSpan(14);
        new ControlHeader(kind, Beacon.FixedSize, instance, counter).Write(packet);
        new Beacon(1, 2, lease, 3, 0, 512).Write(packet[ControlHeader.Size..]);
        (key ?? Key).Sign(packet);
        return frame;
    }
}
