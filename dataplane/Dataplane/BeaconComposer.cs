using System.Buffers.Binary;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane;

/// <summary>Composes and signs the beacons of one host-side port. Allocates nothing after construction.</summary>
internal sealed unsafe class BeaconComposer
{
    private readonly byte[] mac;
    private readonly ControlKey key;
    private readonly ulong instance;
    private readonly ushort maxTrailer;
    private readonly PortBlock* block;
    private readonly BeaconFlags flags;
    private HostView host;
    private ulong counter;

    /// <summary>A composer for one port.</summary>
    /// <param name="mac">The port's address: six bytes.</param>
    /// <param name="key">Signs.</param>
    /// <param name="instance">Random number of this process.</param>
    /// <param name="maxTrailer">Longest trailer in bytes.</param>
    /// <param name="block">The port's block in the segment.</param>
    /// <param name="flags">What is wanted of trailers.</param>
    public BeaconComposer(byte[] mac, ControlKey key, ulong instance, int maxTrailer, PortBlock* block, BeaconFlags flags)
    {
        this.mac = mac;
        this.key = key;
        this.instance = instance;
        this.maxTrailer = (ushort)maxTrailer;
        this.block = block;
        this.flags = flags;
    }

    /// <summary>Where tags are required: who tells the workers which ones are right; else null.</summary>
    public TagAuthority? Tags { get; init; }

    /// <summary>Writes a whole frame.</summary>
    /// <param name="room">At least the largest beacon.</param>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    /// <param name="leaseMilliseconds">What is granted; 0: stop now.</param>
    /// <returns>Length of the frame in bytes.</returns>
    public int Compose(Span<byte> room, ulong now, uint leaseMilliseconds)
    {
        // An aggregator that died while writing leaves the last whole view: the lease ends anyway.
        if (SequenceLock.TryCopy(block->Host, out HostView view))
            host = view;
        // Before the beacon leaves that lets this host tag.
        Tags?.Follow(host.HostInstance);
        int streams = Math.Min(host.StreamCount, (ushort)Beacon.MaxStreams);
        int boosts = WriteBoosts(room[(ControlFrame.EthernetHeader + ControlHeader.Size)..], streams, now, leaseMilliseconds);
        Beacon beacon = new(
            now, host.HostInstance, leaseMilliseconds, host.Epoch, (ushort)streams, maxTrailer, (ushort)boosts, flags,
            new DedicatedArrivals(host.DedicatedHighest, host.DedicatedSeen));
        ControlHeader header = new(ControlKind.Beacon, (ushort)Beacon.Size(streams, boosts), instance, ++counter);

        ControlFrame.Group.CopyTo(room);
        mac.CopyTo(room[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(room[12..], EtherType.Control);
        Span<byte> packet = room.Slice(ControlFrame.EthernetHeader, ControlHeader.Size + header.PayloadLength);
        header.Write(packet);
        Span<byte> payload = packet[ControlHeader.Size..];
        beacon.Write(payload);
        fixed (byte* entries = host.Streams)
            new ReadOnlySpan<byte>(entries, streams * HostView.StreamSize).CopyTo(payload[Beacon.FixedSize..]);
        key.Sign(packet);
        block->LeaseMilliseconds = leaseMilliseconds;
        return ControlFrame.EthernetHeader + packet.Length;
    }

    /// <summary>Those that last and fit, while a lease is granted: what an aggregator wanted that is gone ends with its leases.</summary>
    private int WriteBoosts(Span<byte> payload, int streams, ulong now, uint leaseMilliseconds)
    {
        int wanted = leaseMilliseconds == 0 ? 0 : Math.Min(host.BoostCount, (ushort)Beacon.MaxBoosts);
        int bytes = Math.Min(payload.Length, (int)block->Mtu - ControlHeader.Size), written = 0;
        for (int index = 0; index < wanted && Beacon.Size(streams, written + 1) <= bytes; index++)
        {
            HostBoost boost = host.Boosts[index];
            if (boost.Until <= now)
                continue;
            ulong remaining = Math.Min((boost.Until - now + 999_999) / 1_000_000, uint.MaxValue);
            new BeaconBoost(boost.Metric, boost.IntervalMicroseconds, (uint)remaining).Write(payload[Beacon.Size(streams, written)..]);
            written++;
        }

        return written;
    }
}
