using System.Numerics;
using System.Runtime.InteropServices;
using OppTel.Wire.Tunnels;

namespace OppTel.Worker.Tunnels;

/// <summary>The datagrams of one port and worker whose fragments are arriving; bounded, in native memory.</summary>
internal sealed unsafe class FragmentTable : IDisposable
{
    /// <summary>Most datagrams: one bit of a word for each.</summary>
    public const int Datagrams = 64;

    /// <summary>Most mbufs that a table holds.</summary>
    public const int MostHeld = Datagrams * HeldDatagram.MostFragments;

    private readonly HeldDatagram* places = (HeldDatagram*)NativeMemory.AlignedAlloc((nuint)(Datagrams * sizeof(HeldDatagram)), 128);
    private ulong used;

    /// <summary>Whether nothing is held.</summary>
    public bool IsEmpty => used == 0;

    /// <summary>Whether every place is taken.</summary>
    public bool IsFull => used == ulong.MaxValue;

    /// <summary>The datagram at a place.</summary>
    public ref HeldDatagram this[int place] => ref places[place];

    /// <summary>The place of a datagram; negative for none.</summary>
    public int Find(in FragmentKey key)
    {
        for (ulong left = used; left != 0; left &= left - 1)
        {
            int place = BitOperations.TrailingZeroCount(left);
            if (places[place].Key == key)
                return place;
        }

        return -1;
    }

    /// <summary>A place for a datagram; the table is not full.</summary>
    public int Open(in FragmentKey key, ulong now)
    {
        int place = BitOperations.TrailingZeroCount(~used);
        used |= 1ul << place;
        (places[place].Key, places[place].Since, places[place].Count, places[place].End) = (key, now, 0, 0);
        return place;
    }

    /// <summary>Gives a place back.</summary>
    public void Close(int place) => used &= ~(1ul << place);

    /// <summary>The datagram that came first; negative when nothing is held.</summary>
    public int Oldest()
    {
        int oldest = -1;
        for (ulong left = used; left != 0; left &= left - 1)
        {
            int place = BitOperations.TrailingZeroCount(left);
            if (oldest < 0 || places[place].Since < places[oldest].Since)
                oldest = place;
        }

        return oldest;
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(places);
}
