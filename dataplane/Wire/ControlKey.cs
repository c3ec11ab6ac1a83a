namespace OppTel.Wire;

/// <summary>
/// The secret of one host and its DPU: one key, or two while a new one takes the place of another. One signs, all verify. It tags control
/// frames with the first 16 bytes of an HMAC-SHA-256 over header (tag zero) and payload. Any thread may use it while another one replaces keys.
/// </summary>
public sealed class ControlKey
{
    /// <summary>Most keys at a time.</summary>
    public const int MaxKeys = 2;

    private const int LongestPacket = 16384;

    private Ring ring;

    private ControlKey(IReadOnlyList<SecretKey> keys, bool isSecret)
    {
        ring = new Ring(keys, keys[0], IsFollowing: false);
        IsSecret = isSecret;
    }

    /// <summary>The well-known zero key: frames are checked for integrity, not for origin.</summary>
    public static ControlKey Public { get; } = new([new SecretKey(stackalloc byte[SecretKey.Size])], isSecret: false);

    /// <summary>Whether the key authenticates.</summary>
    public bool IsSecret { get; }

    /// <summary>The keys, in the order of their file.</summary>
    public IReadOnlyList<SecretKey> Keys => Volatile.Read(ref ring).Keys;

    /// <summary>The key that signs: the first, unless another one is followed.</summary>
    public SecretKey Signing => Volatile.Read(ref ring).Signing;

    /// <summary>Makes a key of 32 secret bytes.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static ControlKey FromBytes(ReadOnlySpan<byte> bytes) => FromKeys([new SecretKey(bytes)]);

    /// <summary>Makes one of some secret keys; the first signs.</summary>
    /// <exception cref="ArgumentException">None, or more than <see cref="MaxKeys"/>.</exception>
    public static ControlKey FromKeys(IReadOnlyList<SecretKey> keys) => new(Checked(keys), isSecret: true);

    /// <summary>Takes other keys from now on; a key that stays goes on counting, and signing where it is followed.</summary>
    /// <returns>Whether anything is another one now.</returns>
    /// <exception cref="ArgumentException">None, or more than <see cref="MaxKeys"/>.</exception>
    /// <exception cref="InvalidOperationException">This is the public key.</exception>
    public bool Replace(IReadOnlyList<SecretKey> keys)
    {
        if (!IsSecret)
            throw new InvalidOperationException("the public key stays what it is");
        Ring before = ring;
        SecretKey[] after = [.. Checked(keys).Select(key => before.Keys.FirstOrDefault(key.IsSame) ?? key)];
        if (after.AsSpan().SequenceEqual([.. before.Keys]))
            return false;
        // What is followed is what the other side has: it stays in use for as long as it is there.
        bool follows = before.IsFollowing && after.Contains(before.Signing);
        Volatile.Write(ref ring, new Ring(after, follows ? before.Signing : after[0], follows));
        return true;
    }

    /// <summary>
    /// Signs with the key that the other side signs with: so it changes when the other side does, and no key is ever used that the other
    /// side might not have. A key that is not here is passed over.
    /// </summary>
    public void Follow(SecretKey key)
    {
        Ring now = ring;
        if ((now.Signing != key || !now.IsFollowing) && now.Keys.Contains(key))
            Volatile.Write(ref ring, new Ring(now.Keys, key, IsFollowing: true));
    }

    /// <summary>Puts the tag into a control packet (header and payload, no Ethernet header) whose tag is still zero.</summary>
    public void Sign(Span<byte> packet) => Signing.Sign(packet, packet.Slice(ControlHeader.TagOffset, ControlHeader.TagSize));

    /// <summary>Whether a control packet (exactly header and payload) carries the tag of one of the keys.</summary>
    public bool Verify(ReadOnlySpan<byte> packet) => Verify(packet, out _);

    /// <summary>Whether a control packet (exactly header and payload) carries the tag of one of the keys, and of which one.</summary>
    public bool Verify(ReadOnlySpan<byte> packet, out SecretKey? by)
    {
        by = null;
        if (packet.Length is < ControlHeader.Size or > LongestPacket)
            return false;
        Span<byte> copy = stackalloc byte[packet.Length];
        packet.CopyTo(copy);
        copy.Slice(ControlHeader.TagOffset, ControlHeader.TagSize).Clear();
        IReadOnlyList<SecretKey> keys = Keys;
        for (int index = 0; index < keys.Count && by is null; index++)
        {
            if (keys[index].Verify(copy, packet.Slice(ControlHeader.TagOffset, ControlHeader.TagSize)))
                by = keys[index];
        }

        return by is not null;
    }

    private static IReadOnlyList<SecretKey> Checked(IReadOnlyList<SecretKey> keys) =>
        keys.Count is >= 1 and <= MaxKeys ? keys : throw new ArgumentException($"there are 1 to {MaxKeys} keys, not {keys.Count}", nameof(keys));

    /// <summary>All that changes together.</summary>
    private sealed record Ring(IReadOnlyList<SecretKey> Keys, SecretKey Signing, bool IsFollowing);
}
