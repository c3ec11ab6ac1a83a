using System.Runtime.InteropServices;
using OppTel.Wire;

namespace OppTel.Worker;

/// <summary>
/// The keys of the tags of one port's trailers, in native memory: written by the control thread, read by workers without a lock. The number is odd
/// while the keys are written; a worker that meets that goes on with those that it has.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct TagTable
{
    /// <summary>Moves with every change; odd while there is one.</summary>
    public uint Sequence;

    /// <summary>The keys.</summary>
    public TagKeys Keys;

    /// <summary>Control thread: gives workers other keys from now on.</summary>
    public void Write(in TagKeys keys)
    {
        Volatile.Write(ref Sequence, Sequence | 1);
        // The odd number is visible before any of the keys.
        Interlocked.MemoryBarrier();
        Keys = keys;
        Volatile.Write(ref Sequence, (Sequence | 1) + 1);
    }

    /// <summary>Worker: takes the keys over if they are other ones than those of <paramref name="sequence"/> and nobody writes.</summary>
    internal void Refresh(ref uint sequence, ref TagKeys keys)
    {
        uint before = Volatile.Read(ref Sequence);
        if (before == sequence || (before & 1) != 0)
            return;
        TagKeys copy = Keys;
        // All loads of the keys are done before the number is read again.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref Sequence) == before)
            (sequence, keys) = (before, copy);
    }
}

/// <summary>Up to two keys; a trailer passes with the tag of any.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="First">The one in use, as a rule.</param>
/// <param name="Second">The one that is taken besides.</param>
public readonly record struct TagKeys(int Count, TrailerKey First, TrailerKey Second)
{
    /// <summary>Whether a trailer carries the tag of one of the keys.</summary>
    public bool Accept(ReadOnlySpan<byte> trailer) =>
        (Count > 0 && TrailerTag.IsRight(trailer, First)) || (Count > 1 && TrailerTag.IsRight(trailer, Second));
}
