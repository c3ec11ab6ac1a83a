using static OppTel.Wire.Tests.Vectors.PlainWriter;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>Frames for a reader that holds a key.</summary>
internal static class TaggedVectors
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 16).Select(index => (byte)index)];
    private static readonly byte[] Other = [.. Enumerable.Range(0, 16).Select(index => (byte)(index + 1))];

    public static IEnumerable<Vector> All(byte[] udp, TrailerFields usual, TrailerFields largest)
    {
        TrailerFields tagged = usual with { Flags = 1 };
        yield return Accept("tag_right", udp, tagged);
        yield return Accept("tag_right_behind_vlan", Ethernet("8100002a0800", Ipv4(Udp(20))), tagged);
        yield return Accept("tag_right_one_value", udp, tagged with { Values = [new(5, "0xffffffffffff")] });
        yield return Accept("tag_right_without_records", Ethernet("88b5", Control(3, 0)), tagged with { Flags = 3, Values = [] });
        yield return Accept("tag_right_samples", udp, tagged with { Samples = [new(1, 0, 7, "0x2"), new(3, 0, uint.MaxValue, "0xffffffffffffffff")] });
        foreach (byte pad in (byte[])[2, 4, 6, 8, 254])
            yield return Accept($"tag_right_pad_of_{pad}", udp, tagged with { Pad = pad });
        yield return Accept("tag_right_longest_trailer", udp, largest with { Flags = 1, Pad = 254 });

        byte[] right = Sign(tagged, Key).Bytes;
        yield return Reject("tag_missing", [.. udp, .. Trailer(usual).Bytes]);
        yield return Reject("tag_of_another_key", [.. udp, .. Sign(tagged, Other).Bytes]);
        yield return Reject("tag_flipped", [.. udp, .. Flip(right, right.Length - 32)]);
        yield return Reject("tag_of_another_value", [.. udp, .. Flip(right, 2)]);
        yield return Reject("tag_of_another_sequence", [.. udp, .. Flip(right, right.Length - 16)]);
        yield return Reject("tag_of_another_time", [.. udp, .. Flip(right, right.Length - 24)]);
    }

    private static Vector Accept(string name, byte[] original, TrailerFields given)
    {
        (byte[] trailer, TrailerFields fields) = Sign(given, Key);
        return new Vector
        {
            Name = name,
            Verdict = "stripped",
            Key = Convert.ToHexStringLower(Key),
            Original = Convert.ToHexStringLower(original),
            Trailer = fields,
            Frame = Convert.ToHexStringLower([.. original, .. trailer]),
        };
    }

    private static Vector Reject(string name, byte[] frame) =>
        new() { Name = name, Verdict = "bad_tag", Key = Convert.ToHexStringLower(Key), Frame = Convert.ToHexStringLower(frame) };

    private static (byte[] Bytes, TrailerFields Fields) Sign(TrailerFields fields, byte[] key)
    {
        byte[] bare = Trailer(fields with { Tag = "0x0" }).Bytes;
        return Trailer(fields with { Tag = $"0x{PlainSip.Tag(key, bare):x}" });
    }

    /// <summary>Flips a bit and makes the sum right again: only the tag tells.</summary>
    private static byte[] Flip(byte[] trailer, int at)
    {
        byte[] changed = [.. trailer];
        changed[at] ^= 0x10;
        _ = Mend(changed);
        return changed;
    }
}
