using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OppTel.Wire;

/// <summary>One key of 32 bytes, with what is derived from it. Section 7 of <c>bpf/WIRE.md</c>. Signing and deriving allocate nothing.</summary>
public sealed class SecretKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    private readonly byte[] bytes;
    private ulong verified;

    /// <summary>Makes a key of 32 bytes.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public SecretKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"a control key has {Size} bytes, not {bytes.Length}", nameof(bytes));
        this.bytes = bytes.ToArray();
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(this.bytes, "opptel key fingerprint"u8, mac);
        Fingerprint = Convert.ToHexStringLower(mac[..4]);
    }

    /// <summary>Eight hexadecimal digits that tell keys apart and tell nothing of the key.</summary>
    public string Fingerprint { get; }

    /// <summary>Control frames that carried its tag.</summary>
    public ulong Verified => Volatile.Read(ref verified);

    /// <summary>The key of the trailers of one host daemon: the first 16 bytes of an HMAC-SHA-256 over a text and its instance.</summary>
    /// <param name="instance">Random number of the daemon: what was recorded of another one does not verify.</param>
    public TrailerKey TrailerKey(ulong instance)
    {
        ReadOnlySpan<byte> text = "opptel trailer tag"u8;
        Span<byte> message = stackalloc byte[text.Length + sizeof(ulong)];
        text.CopyTo(message);
        BinaryPrimitives.WriteUInt64LittleEndian(message[text.Length..], instance);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(bytes, message, mac);
        return Wire.TrailerKey.FromBytes(mac);
    }

    /// <summary>Whether both are the same key.</summary>
    public bool IsSame(SecretKey other) => CryptographicOperations.FixedTimeEquals(bytes, other.bytes);

    /// <summary>Writes the tag of a control packet whose own tag is zero.</summary>
    internal void Sign(ReadOnlySpan<byte> packet, Span<byte> tag)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(bytes, packet, mac);
        mac[..ControlHeader.TagSize].CopyTo(tag);
    }

    /// <summary>Whether a tag is that of a control packet whose own tag is zero; counts it.</summary>
    internal bool Verify(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> tag)
    {
        Span<byte> own = stackalloc byte[ControlHeader.TagSize];
        Sign(packet, own);
        if (!CryptographicOperations.FixedTimeEquals(own, tag))
            return false;
        Interlocked.Increment(ref verified);
        return true;
    }
}
