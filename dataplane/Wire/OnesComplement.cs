using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OppTel.Wire;

/// <summary>Ones'-complement sums of 16-bit little-endian words (RFC 1071): the checksum arithmetic of IP and of the trailer.</summary>
public static class OnesComplement
{
    /// <summary>The sum of <paramref name="bytes"/> folded to 16 bits; a last odd byte counts as a word with a zero high byte.</summary>
    public static ushort Sum(ReadOnlySpan<byte> bytes)
    {
        // Sums of 32-bit lanes stay below 2^64 for any length that a frame can have, so no carry is lost before the fold.
        ulong sum = 0;
        if (Vector256.IsHardwareAccelerated && bytes.Length >= Vector256<byte>.Count)
        {
            Vector256<ulong> lanes = Vector256<ulong>.Zero;
            ReadOnlySpan<Vector256<uint>> vectors = MemoryMarshal.Cast<byte, Vector256<uint>>(bytes);
            foreach (Vector256<uint> vector in vectors)
            {
                (Vector256<ulong> lower, Vector256<ulong> upper) = Vector256.Widen(vector);
                lanes += lower + upper;
            }

            sum = Vector256.Sum(lanes);
            bytes = bytes[(vectors.Length * Vector256<byte>.Count)..];
        }
        else if (Vector128.IsHardwareAccelerated && bytes.Length >= Vector128<byte>.Count)
        {
            Vector128<ulong> lanes = Vector128<ulong>.Zero;
            ReadOnlySpan<Vector128<uint>> vectors = MemoryMarshal.Cast<byte, Vector128<uint>>(bytes);
            foreach (Vector128<uint> vector in vectors)
            {
                (Vector128<ulong> lower, Vector128<ulong> upper) = Vector128.Widen(vector);
                lanes += lower + upper;
            }

            sum = Vector128.Sum(lanes);
            bytes = bytes[(vectors.Length * Vector128<byte>.Count)..];
        }

        return Fold(sum + SumWords(bytes));
    }

    /// <summary>The same sum, word by word: the oracle of the vector paths.</summary>
    public static ushort SumScalar(ReadOnlySpan<byte> bytes) => Fold(SumWords(bytes));

    private static ulong SumWords(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        foreach (ushort word in MemoryMarshal.Cast<byte, ushort>(bytes))
            sum += word;
        return (bytes.Length & 1) != 0 ? sum + bytes[^1] : sum;
    }

    private static ushort Fold(ulong sum)
    {
        sum = (sum & uint.MaxValue) + (sum >> 32);
        sum = (sum & uint.MaxValue) + (sum >> 32);
        sum = (sum & ushort.MaxValue) + (sum >> 16);
        sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)((sum & ushort.MaxValue) + (sum >> 16));
    }
}
