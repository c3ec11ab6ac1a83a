using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OppTel.Wire;

/// <summary>
/// Ones'-complement sums of 16-bit little-endian words (RFC 1071): the checksum arithmetic of IP and of the trailer.
/// Section 5 of <c>bpf/WIRE.md</c>.
/// </summary>
public static class OnesComplement
{
    /// <summary>Below this many bytes a loop over 64-bit words is the quickest: setting vectors up costs more than they save.</summary>
    private const int VectorThreshold = 128;

    /// <summary>The sum of <paramref name="bytes"/> folded to 16 bits; a last odd byte counts as a word with a zero high byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Sum(ReadOnlySpan<byte> bytes) => Fold(bytes.Length < VectorThreshold ? SumWords(bytes) : SumVectors(bytes));

    /// <summary>The same sum in 16-bit steps: the oracle of the other paths.</summary>
    public static ushort SumScalar(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        foreach (ushort word in MemoryMarshal.Cast<byte, ushort>(bytes))
            sum += word;
        return Fold((bytes.Length & 1) != 0 ? sum + bytes[^1] : sum);
    }

    // Every path adds 32-bit halves into 64-bit lanes, so no carry is lost in less than 2^32 of them, and folds once at the end.
    private static ulong SumVectors(ReadOnlySpan<byte> bytes) =>
        Vector256.IsHardwareAccelerated ? SumVector256(bytes)
        : Vector128.IsHardwareAccelerated ? SumVector128(bytes)
        : SumWords(bytes);

    /// <summary>Sums whole vectors, each of them inside the span, then what is left.</summary>
    internal static ulong SumVector256(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<Vector256<ulong>> vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes);
        Vector256<ulong> low = Vector256<ulong>.Zero;
        Vector256<ulong> high = Vector256<ulong>.Zero;
        Vector256<ulong> mask = Vector256.Create((ulong)uint.MaxValue);
        foreach (Vector256<ulong> vector in vectors)
        {
            low += vector & mask;
            high += vector >>> 32;
        }

        return Vector256.Sum(low + high) + SumWords(bytes[(vectors.Length * Vector256<byte>.Count)..]);
    }

    /// <summary>As <see cref="SumVector256"/>, for machines with narrower vectors.</summary>
    internal static ulong SumVector128(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<Vector128<ulong>> vectors = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        Vector128<ulong> low = Vector128<ulong>.Zero;
        Vector128<ulong> high = Vector128<ulong>.Zero;
        Vector128<ulong> mask = Vector128.Create((ulong)uint.MaxValue);
        foreach (Vector128<ulong> vector in vectors)
        {
            low += vector & mask;
            high += vector >>> 32;
        }

        return Vector128.Sum(low + high) + SumWords(bytes[(vectors.Length * Vector128<byte>.Count)..]);
    }

    /// <summary>Sums 64-bit words as two halves each, then what is left.</summary>
    internal static ulong SumWords(ReadOnlySpan<byte> bytes)
    {
        ulong low = 0;
        ulong high = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            low += (uint)word;
            high += word >> 32;
        }

        bytes = bytes[(words.Length * sizeof(ulong))..];
        if (bytes.Length >= sizeof(uint))
        {
            low += BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            bytes = bytes[sizeof(uint)..];
        }

        if (bytes.Length >= sizeof(ushort))
        {
            low += BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            bytes = bytes[sizeof(ushort)..];
        }

        return low + high + (bytes.IsEmpty ? 0ul : bytes[0]);
    }

    /// <summary>Folds by end-around carry: each step adds the halves, and the carry of the lower one enters the upper one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort Fold(ulong sum)
    {
        uint half = (uint)((sum + BitOperations.RotateLeft(sum, 32)) >> 32);
        return (ushort)((half + BitOperations.RotateLeft(half, 16)) >> 16);
    }
}
