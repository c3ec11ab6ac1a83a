using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Wire;

/// <summary>SipHash-2-4 with 64 bits (Aumasson, Bernstein), word by word. Allocates nothing. Source of the C side: <c>opptel/siphash.h</c>.</summary>
public struct SipHash
{
    private ulong v0;
    private ulong v1;
    private ulong v2;
    private ulong v3;

    /// <summary>Begins a message.</summary>
    public SipHash(TrailerKey key)
    {
        v0 = key.Word0 ^ 0x736F_6D65_7073_6575;
        v1 = key.Word1 ^ 0x646F_7261_6E64_6F6D;
        v2 = key.Word0 ^ 0x6C79_6765_6E65_7261;
        v3 = key.Word1 ^ 0x7465_6462_7974_6573;
    }

    /// <summary>The hash of some bytes.</summary>
    public static ulong Hash(ReadOnlySpan<byte> bytes, TrailerKey key)
    {
        SipHash hash = new(key);
        return hash.End(hash.Add(bytes), bytes.Length);
    }

    /// <summary>Takes all whole words of some bytes.</summary>
    /// <returns>What is left: at most seven bytes.</returns>
    public ReadOnlySpan<byte> Add(ReadOnlySpan<byte> bytes)
    {
        // A copy that nothing points to stays in registers.
        SipHash hash = this;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            hash.Add(word);
        this = hash;
        return bytes[(words.Length * sizeof(ulong))..];
    }

    /// <summary>Takes the last bytes and ends the message.</summary>
    /// <param name="rest">At most seven bytes.</param>
    /// <param name="length">Bytes of the whole message.</param>
    public ulong End(ReadOnlySpan<byte> rest, int length)
    {
        ulong last = (ulong)length << 56;
        for (int index = 0; index < rest.Length; index++)
            last |= (ulong)rest[index] << (8 * index);
        SipHash hash = this;
        hash.Add(last);
        hash.v2 ^= 0xFF;
        hash.Round();
        hash.Round();
        hash.Round();
        hash.Round();
        return hash.v0 ^ hash.v1 ^ hash.v2 ^ hash.v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(ulong word)
    {
        v3 ^= word;
        Round();
        Round();
        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Round()
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
