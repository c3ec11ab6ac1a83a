using CsCheck;

namespace OppTel.Wire.Tests;

/// <summary>Every path gives the same sum, and none reads a byte outside of its span.</summary>
public sealed class OnesComplementTests
{
    private const int LongestTrailer = 512;

    private delegate ulong Path(ReadOnlySpan<byte> bytes);

    [Fact]
    public void AllPathsAgreeForAllLengthsAtBothGuards()
    {
        using GuardedMemory memory = new(2 * LongestTrailer);
        new Random(1).NextBytes(memory.Bytes);
        for (int length = 0; length <= LongestTrailer; length++)
        {
            AssertAgreement(memory.Bytes[..length]);
            AssertAgreement(memory.Bytes[^length..]);
        }
    }

    [Fact]
    public void AllPathsAgreeForAllOffsets()
    {
        using GuardedMemory memory = new(2 * LongestTrailer);
        new Random(2).NextBytes(memory.Bytes);
        for (int offset = 0; offset < 64; offset++)
        {
            for (int length = 0; length <= LongestTrailer; length++)
                AssertAgreement(memory.Bytes.Slice(offset, length));
        }
    }

    [Fact]
    public void InspectReadsNothingOutsideOfTheFrame()
    {
        byte[][] carriers =
        [
            [.. Frames.Ipv4(40), .. Frames.Trailer(Frames.Values(32))],
            [.. Frames.Vlan(Frames.Ipv6(3), EtherType.Vlan, EtherType.Vlan), .. Frames.Trailer(Frames.Values(1))],
            [.. Frames.Arp(), .. Frames.Trailer(Frames.Values(2))],
            [.. Frames.Control(ControlKind.Heartbeat), .. Frames.Trailer([])],
        ];
        using GuardedMemory memory = new(4096);
        foreach (byte[] carrier in carriers)
        {
            for (int length = 0; length <= carrier.Length; length++)
            {
                // The end of the carrier at the far guard, its beginning at the near one: parsers stop inside on both sides.
                carrier.AsSpan(^length..).CopyTo(memory.Bytes[^length..]);
                _ = Trailer.Inspect(memory.Bytes[^length..], out _);
                carrier.AsSpan(..length).CopyTo(memory.Bytes[^length..]);
                _ = L3.TryFindEnd(memory.Bytes[^length..], out _);
                carrier.AsSpan(^length..).CopyTo(memory.Bytes);
                _ = Trailer.Inspect(memory.Bytes[..length], out _);
            }
        }
    }

    [Fact]
    public void TheGuardsGuard()
    {
        using GuardedMemory memory = new(1);
        // The kernel refuses to read from a page that may not be read: no need to die for it.
        string maps = File.ReadAllText("/proc/self/maps");
        string line = maps.Split('\n').Single(entry => entry.StartsWith($"{memory.Guard:x}-", StringComparison.Ordinal));
        Assert.Contains(" ---p ", line);
        string after = $"{memory.Guard + Environment.SystemPageSize + memory.Length:x}-";
        Assert.Contains(maps.Split('\n'), entry => entry.StartsWith(after, StringComparison.Ordinal) && entry.Contains(" ---p "));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(0xFFFF_FFFF)]
    [InlineData(0x1_0000_0000)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFF)]
    public void FoldingTakesEveryCarryRound(ulong sum) => Assert.Equal(Remainder(sum), OnesComplement.Fold(sum));

    [Fact]
    public void FoldingIsTheRemainderButForZero() =>
        Gen.ULong.Sample(sum => Assert.Equal(Remainder(sum), OnesComplement.Fold(sum)));

    /// <summary>What keeps a checksum over packet and trailer right whatever the offset: swapped bytes give the swapped sum.</summary>
    [Fact]
    public void ANeutralTrailerIsNeutralAtOddOffsetsAndInEitherByteOrder() => Gen.Byte.Array[1, 300].Sample(bytes =>
    {
        byte[] trailer = Frames.Trailer(Frames.Values(bytes[0] % 8), pad: 2 * (bytes[0] / 16));
        ushort before = OnesComplement.Sum(bytes);
        Assert.Equal(before == 0 ? (ushort)0xFFFF : before, OnesComplement.Sum([.. bytes, .. trailer]));
        Assert.Equal(0xFFFF, OnesComplement.Sum([0, .. trailer]));
    });

    private static ushort Remainder(ulong sum) => (ushort)(sum == 0 ? 0 : sum % 65535 == 0 ? 65535 : sum % 65535);

    private static void AssertAgreement(ReadOnlySpan<byte> bytes)
    {
        ushort expected = (ushort)PlainParser.Sum(bytes);
        Assert.Equal(expected, OnesComplement.SumScalar(bytes));
        Assert.Equal(expected, OnesComplement.Sum(bytes));
        foreach (Path path in (Path[])[OnesComplement.SumWords, OnesComplement.SumVector128, OnesComplement.SumVector256])
            Assert.Equal(expected, OnesComplement.Fold(path(bytes)));
    }
}
