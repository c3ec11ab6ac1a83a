using System.Runtime.InteropServices;

namespace OppTel.Segment;

/// <summary>Kinds of ring records.</summary>
public enum RecordKind : ushort
{
    /// <summary>Fills the end of the ring up to the wrap; carries nothing.</summary>
    Skip = 0,

    /// <summary>One trailer, exactly its bytes.</summary>
    Trailer = 1,

    /// <summary>One control frame, Ethernet header included, trailer removed.</summary>
    Control = 2,
}

/// <summary>Precedes every record of a ring.</summary>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="Port">Index of the port block that it came from.</param>
/// <param name="Kind">What the payload is.</param>
/// <param name="Arrival">CLOCK_BOOTTIME ns of the burst.</param>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
public readonly record struct RecordHeader(int Length, ushort Port, RecordKind Kind, ulong Arrival)
{
    /// <summary>Bytes of the header; records are aligned to it.</summary>
    public const int Size = 16;
}

/// <summary>Positions of a ring, each on its own pair of cache lines. They only grow; the offset is the position modulo the size.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct RingPositions
{
    /// <summary>Written by the producer after the records before it are complete.</summary>
    [FieldOffset(0)] public ulong Head;

    /// <summary>Written by the consumer after it is done with the records before it.</summary>
    [FieldOffset(128)] public ulong Tail;
}

/// <summary>
/// Producer of a single-producer single-consumer ring of variable-length records in shared memory. Never blocks, never
/// allocates, and does not trust the consumer: a position that cannot be makes the ring count as full.
/// </summary>
public unsafe struct RingProducer
{
    private readonly RingPositions* positions;
    private readonly byte* data;
    private readonly ulong size;
    private ulong head;
    private ulong tail;

    internal RingProducer(RingPositions* positions, byte* data, ulong size)
    {
        this.positions = positions;
        this.data = data;
        this.size = size;
        head = positions->Head;
        tail = positions->Tail;
    }

    /// <summary>
    /// Reserves a record and returns its payload to fill, or an empty span when there is no room (payloads are never empty).
    /// It becomes visible with <see cref="Publish"/>.
    /// </summary>
    public Span<byte> TryReserve(RecordKind kind, ushort port, ulong arrival, int length)
    {
        ulong need = RingLayout.RecordSize(length);
        ulong offset = head & (size - 1);
        ulong contiguous = size - offset;
        ulong total = need <= contiguous ? need : contiguous + need;
        if (!HasRoom(total))
            return [];
        if (need > contiguous)
        {
            *(RecordHeader*)(data + offset) = new RecordHeader((int)(contiguous - RecordHeader.Size), port, RecordKind.Skip, arrival);
            head += contiguous;
            offset = 0;
        }

        *(RecordHeader*)(data + offset) = new RecordHeader(length, port, kind, arrival);
        head += need;
        return new Span<byte>(data + offset + RecordHeader.Size, length);
    }

    /// <summary>Makes everything reserved so far visible. The release store orders the payloads before the position.</summary>
    public void Publish() => Volatile.Write(ref positions->Head, head);

    private bool HasRoom(ulong total)
    {
        if (size - (head - tail) >= total)
            return true;
        ulong read = Volatile.Read(ref positions->Tail);
        // A consumer can neither go back nor overtake: anything else is damage.
        if (read - tail > head - tail)
            return false;
        tail = read;
        return size - (head - tail) >= total;
    }
}

/// <summary>Consumer of such a ring. A record that contradicts the ring's bounds ends the batch and moves to the producer's position.</summary>
public unsafe struct RingConsumer
{
    private readonly RingPositions* positions;
    private readonly byte* data;
    private readonly ulong size;
    private ulong tail;

    internal RingConsumer(RingPositions* positions, byte* data, ulong size)
    {
        this.positions = positions;
        this.data = data;
        this.size = size;
        tail = positions->Tail;
    }

    /// <summary>Times that the ring was found damaged and skipped to the producer's position.</summary>
    public ulong Resyncs { get; private set; }

    /// <summary>Bytes that wait to be read.</summary>
    public readonly ulong Pending => Volatile.Read(ref positions->Head) - tail;

    /// <summary>Gives the next record in place; the payload is valid until <see cref="Release"/>.</summary>
    public bool TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload)
    {
        ulong head = Volatile.Read(ref positions->Head);
        while (tail != head)
        {
            ulong offset = tail & (size - 1);
            header = *(RecordHeader*)(data + offset);
            ulong need = RingLayout.RecordSize(header.Length);
            if (header.Length < 0 || head - tail > size || need > head - tail || need > size - offset)
            {
                Resyncs++;
                tail = head;
                break;
            }

            tail += need;
            if (header.Kind == RecordKind.Skip)
                continue;
            payload = new ReadOnlySpan<byte>(data + offset + RecordHeader.Size, header.Length);
            return true;
        }

        header = default;
        payload = default;
        return false;
    }

    /// <summary>Gives the room of everything read so far back to the producer.</summary>
    public readonly void Release() => Volatile.Write(ref positions->Tail, tail);
}

/// <summary>Arithmetic of the rings.</summary>
internal static class RingLayout
{
    /// <summary>Bytes that a record with this payload takes, header and alignment included.</summary>
    public static ulong RecordSize(int length) =>
        ((ulong)(uint)length + RecordHeader.Size + (RecordHeader.Size - 1)) & ~(ulong)(RecordHeader.Size - 1);
}
