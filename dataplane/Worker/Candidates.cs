using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OppTel.Worker;

/// <summary>Finds the frames of a burst that need a second look, several at a time.</summary>
public static class Candidates
{
    /// <summary>Most words that a mask can speak of.</summary>
    public const int MaxWords = 32;

    /// <summary>
    /// Bit <c>i</c> is set when the last two bytes of word <c>i</c> in memory order are <paramref name="value"/>, little-endian.
    /// </summary>
    /// <param name="words">Eight bytes of each frame; at most <see cref="MaxWords"/>.</param>
    /// <param name="value">The trailer's magic at the end of a frame, or an EtherType as it lies in memory.</param>
    public static uint Find(ReadOnlySpan<ulong> words, ushort value)
    {
        uint mask = 0;
        int done = 0;
        ref ulong start = ref MemoryMarshal.GetReference(words);
        if (Vector256.IsHardwareAccelerated)
        {
            // Every load takes four words that lie inside the span: done + 4 <= words.Length.
            Vector256<ulong> wanted = Vector256.Create((ulong)value);
            for (; done + Vector256<ulong>.Count <= words.Length; done += Vector256<ulong>.Count)
            {
                Vector256<ulong> found = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)done) >>> 48, wanted);
                mask |= found.ExtractMostSignificantBits() << done;
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            // Two words a load, by the same rule.
            Vector128<ulong> wanted = Vector128.Create((ulong)value);
            for (; done + Vector128<ulong>.Count <= words.Length; done += Vector128<ulong>.Count)
            {
                Vector128<ulong> found = Vector128.Equals(Vector128.LoadUnsafe(ref start, (nuint)done) >>> 48, wanted);
                mask |= found.ExtractMostSignificantBits() << done;
            }
        }

        return mask | FindScalar(words, value, done);
    }

    /// <summary>The same mask word by word from <paramref name="first"/> on: finishes every tail, and is the oracle of the vector paths.</summary>
    public static uint FindScalar(ReadOnlySpan<ulong> words, ushort value, int first = 0)
    {
        uint mask = 0;
        for (int index = first; index < words.Length; index++)
            mask |= words[index] >> 48 == value ? 1u << index : 0;
        return mask;
    }
}
