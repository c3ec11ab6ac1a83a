using OppTel.Segment;

namespace OppTel.Worker;

/// <summary>
/// Hands one composed beacon at a time from the control thread to the worker that sends it. One word says whose the frame
/// is: its release store orders the frame's bytes before it, on both sides.
/// </summary>
public sealed unsafe class BeaconSlot
{
    /// <summary>Room for one frame, in bytes.</summary>
    public const int Capacity = 1514;

    private readonly byte[] frame = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private readonly ushort port;
    private readonly PortBlock* block;
    private int length;

    /// <summary>A slot for one host-side port.</summary>
    /// <param name="port">DPDK port that the beacons leave through.</param>
    /// <param name="block">Its block in the segment.</param>
    public BeaconSlot(ushort port, PortBlock* block)
    {
        this.port = port;
        this.block = block;
    }

    /// <summary>DPDK port that the beacons leave through.</summary>
    public ushort Port => port;

    /// <summary>Control thread: the room to compose the next beacon in; false while the last one still waits for the worker.</summary>
    public bool TryBegin(out Span<byte> room)
    {
        room = frame;
        return Volatile.Read(ref length) == 0;
    }

    /// <summary>Control thread: hands over what was composed.</summary>
    /// <param name="bytes">Length of the frame, more than 0.</param>
    public void Post(int bytes) => Volatile.Write(ref length, bytes);

    /// <summary>Whether a beacon waits for the worker.</summary>
    public bool IsPosted => Volatile.Read(ref length) != 0;

    /// <summary>Worker: the frame that waits.</summary>
    internal ReadOnlySpan<byte> Posted => frame.AsSpan(0, length);

    /// <summary>Worker: counts what became of the frame and gives the room back.</summary>
    internal void Complete(bool sent)
    {
        if (sent)
            block->BeaconsSent++;
        else
            block->BeaconsFailed++;
        Volatile.Write(ref length, 0);
    }
}
