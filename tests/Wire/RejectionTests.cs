namespace OppTel.Wire.Tests;

/// <summary>Whatever is wrong with a trailer, the frame stays as it is, and the reason is the one that section 4 names.</summary>
public sealed class RejectionTests
{
    private const int MagicBits = 16;

    public static TheoryData<string> Carriers => [.. Samples.Keys];

    private static readonly Dictionary<string, (byte[] Frame, byte[] Trailer)> Samples = new()
    {
        ["ipv4"] = (Frames.Ipv4(33), Frames.Trailer(Frames.Values(3))),
        ["ipv6"] = (Frames.Ipv6(64), Frames.Trailer(Frames.Values(1), [new SampleRecord(7, 0, 1000, 99)])),
        ["arp"] = (Frames.Arp(), Frames.Trailer(Frames.Values(2), pad: 6)),
        ["qinq"] = (Frames.Vlan(Frames.Ipv4(5), EtherType.Vlan, EtherType.ServiceVlan), Frames.Trailer(Frames.Values(4), flags: TrailerFlags.Tag)),
        ["heartbeat"] = (Frames.Control(ControlKind.Heartbeat), Frames.Trailer([], flags: TrailerFlags.Heartbeat)),
    };

    [Theory]
    [MemberData(nameof(Carriers))]
    public void ATruncatedCarrierIsLeftAlone(string name)
    {
        (byte[] frame, byte[] trailer) = Samples[name];
        byte[] carrier = [.. frame, .. trailer];
        for (int cut = 1; cut <= carrier.Length; cut++)
            Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(carrier.AsSpan(..^cut), out _));
        for (int at = 0; at < trailer.Length; at++)
            Assert.NotEqual(StripReason.Stripped, Trailer.Inspect([.. frame, .. trailer[..at], .. trailer[(at + 1)..]], out _));
    }

    /// <summary>
    /// A flipped bit adds or takes 2^k to or from the sum, and no 2^k is a multiple of 65535, so the sum is never 0xFFFF
    /// again. Only the magic's own bits make the frame one without a trailer, which is not counted.
    /// </summary>
    [Theory]
    [MemberData(nameof(Carriers))]
    public void AFlippedBitIsCountedUnlessItIsTheMagics(string name)
    {
        (byte[] frame, byte[] trailer) = Samples[name];
        for (int bit = 0; bit < trailer.Length * 8; bit++)
        {
            byte[] carrier = [.. frame, .. trailer];
            carrier[frame.Length + (bit / 8)] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(0xFFFF, PlainParser.Sum(carrier.AsSpan(frame.Length..)));
            Assert.False(Trailer.IsNeutral(carrier.AsSpan(frame.Length..)));
            StripReason reason = Trailer.Inspect(carrier, out int length);
            Assert.Equal(0, length);
            Assert.Equal(Expected(bit - (trailer.Length * 8) + (WireFormat.FooterSize * 8), trailer.Length * 8 - bit), reason);
        }
    }

    /// <summary>Two flips cancel where one bit of a column rises and the other falls: what only a keyed tag can tell.</summary>
    [Fact]
    public void TwoFlipsInOneColumnMayCancel()
    {
        byte[] frame = Frames.Ipv4(10);
        byte[] carrier = [.. frame, .. Frames.Trailer([new ValueRecord(1, 0x0001_0000), new ValueRecord(2, 0)])];
        carrier[frame.Length + 4] ^= 1;
        carrier[frame.Length + 12] ^= 1;
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(carrier, out _));
    }

    [Fact]
    public void EveryVersionButTheKnownOneIsUnknown()
    {
        for (int version = 0; version < 16; version++)
        {
            byte[] carrier = WithFooter(footer => footer[16] = (byte)((version << 4) | (footer[16] & 0xF)));
            StripReason expected = version == WireFormat.Version ? StripReason.Stripped : StripReason.UnknownVersion;
            Assert.Equal(expected, Trailer.Inspect(carrier, out _));
        }
    }

    [Fact]
    public void EveryLengthCountAndPadButTheRightOneIsBad()
    {
        for (int value = 0; value < 256; value++)
        {
            byte wrong = (byte)value;
            AssertBad(footer => footer[14] = wrong, value == 3);
            AssertBad(footer => footer[15] = wrong, value == 0);
            AssertBad(footer => footer[17] = wrong, value == 0);
        }

        for (int length = 0; length <= ushort.MaxValue; length++)
        {
            int wrong = length;
            AssertBad(footer => (footer[20], footer[21]) = ((byte)wrong, (byte)(wrong >> 8)), length == 48);
        }
    }

    [Fact]
    public void AnOddPadIsBadEvenWhereTheLengthAgrees()
    {
        byte[] frame = Frames.Ipv4(20);
        byte[] trailer = [0, .. Frames.Trailer(Frames.Values(1))];
        trailer[^7] = 1;
        trailer[^4]++;
        TrailerWriter.Neutralise(trailer);
        Assert.Equal(StripReason.BadLength, Trailer.Inspect([.. frame, .. trailer], out _));
    }

    [Fact]
    public void BytesBetweenPacketAndTrailerOrAPacketThatGoesOnAreNotTheL3End()
    {
        byte[] frame = Frames.Ipv4(20);
        byte[] trailer = Frames.Trailer(Frames.Values(1));
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect([.. frame, 0, 0, .. trailer], out _));
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect([.. frame[..^2], .. trailer], out _));
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect([.. frame[..^4], .. trailer, .. trailer], out _));
    }

    [Fact]
    public void OnlyTheOuterOneOfTwoTrailersIsTaken()
    {
        byte[] frame = Frames.Ipv4(20);
        byte[] trailer = Frames.Trailer(Frames.Values(1));
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect([.. frame, .. trailer, .. trailer], out _));
    }

    private static StripReason Expected(int footerBit, int bitsLeft) => footerBit switch
    {
        _ when bitsLeft <= MagicBits => StripReason.NoTrailer,
        >= 14 * 8 and < 16 * 8 => StripReason.BadLength,
        128 => StripReason.BadLength,
        > 131 and < 17 * 8 => StripReason.UnknownVersion,
        >= 17 * 8 and < 18 * 8 => StripReason.BadLength,
        >= 20 * 8 and < 22 * 8 => StripReason.BadLength,
        _ => StripReason.BadChecksum,
    };

    private static void AssertBad(Action<byte[]> change, bool isRight) =>
        Assert.Equal(isRight ? StripReason.Stripped : StripReason.BadLength, Trailer.Inspect(WithFooter(change), out _));

    /// <summary>A carrier of three values whose changed footer has its checksum made right again.</summary>
    private static byte[] WithFooter(Action<byte[]> change)
    {
        byte[] trailer = Frames.Trailer(Frames.Values(3));
        byte[] footer = trailer[^WireFormat.FooterSize..];
        change(footer);
        footer.CopyTo(trailer, trailer.Length - footer.Length);
        TrailerWriter.Neutralise(trailer);
        return [.. Frames.Ipv4(50), .. trailer];
    }
}
