using System.Security.Cryptography;

namespace OppTel.Wire;

/// <summary>
/// Shared secret of one host and its DPU: tags control frames with the first 16 bytes of an HMAC-SHA-256 over header
/// (tag zero) and payload.
/// </summary>
public sealed class ControlKey
{
    private readonly byte[] key;

    private ControlKey(byte[] key, bool isSecret)
    {
        this.key = key;
        IsSecret = isSecret;
    }

    /// <summary>The well-known zero key: frames are checked for integrity, not for origin.</summary>
    public static ControlKey Public { get; } = new(new byte[32], isSecret: false);

    /// <summary>Whether the key authenticates.</summary>
    public bool IsSecret { get; }

    /// <summary>Makes a key of 32 secret bytes.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static ControlKey FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 32
            ? new ControlKey(bytes.ToArray(), isSecret: true)
            : throw new ArgumentException($"a control key has 32 bytes, not {bytes.Length}", nameof(bytes));

    /// <summary>Puts the tag into a control packet (header and payload, no Ethernet header) whose tag is still zero.</summary>
    public void Sign(Span<byte> packet)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, packet, mac);
        mac[..ControlHeader.TagSize].CopyTo(packet[ControlHeader.TagOffset..]);
    }

    /// <summary>Whether a control packet (exactly header and payload) carries this key's tag.</summary>
    public bool Verify(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < ControlHeader.Size || packet.Length > 16384)
            return false;
        Span<byte> copy = stackalloc byte[packet.Length];
        packet.CopyTo(copy);
        copy.Slice(ControlHeader.TagOffset, ControlHeader.TagSize).Clear();
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, copy, mac);
        return CryptographicOperations.FixedTimeEquals(
            mac[..ControlHeader.TagSize], packet.Slice(ControlHeader.TagOffset, ControlHeader.TagSize));
    }
}
