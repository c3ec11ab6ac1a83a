using System.Buffers.Binary;

namespace OppTel.Exports.Tests.Int;

/// <summary>One individual report.</summary>
internal sealed record ReadReport(int Type, int InType, bool IsDropped, bool IsQueued, int Bits, int Domain, int DomainBits, IReadOnlyDictionary<int, ulong> Metadata, ulong[] Own);

/// <summary>Reads datagrams as the P4.org Telemetry Report Format Specification 2.0 has them.</summary>
internal static class ReportReader
{
    /// <summary>Bytes of the baseline metadata by their bit, counted from the most significant one; 0 for reserved bits.</summary>
    private static readonly int[] Sizes = [0, 4, 4, 4, 8, 8, 8, 4, 4, 0, 0, 0, 0, 0, 0, 4];

    public static (int Version, int Hardware, uint Sequence, uint Node, IReadOnlyList<ReadReport> Reports) Read(ReadOnlySpan<byte> datagram)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(datagram);
        List<ReadReport> reports = [];
        ReadOnlySpan<byte> rest = datagram[8..];
        while (!rest.IsEmpty)
        {
            int length = 4 + (4 * rest[1]);
            reports.Add(ReadOne(rest[..length]));
            rest = rest[length..];
        }

        return ((int)(first >> 28), (int)(first >> 22) & 0x3f, first & 0x3fffff, BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]), reports);
    }

    private static ReadReport ReadOne(ReadOnlySpan<byte> report)
    {
        Assert.Equal(0, report[3] & 0x0f);
        int bits = BinaryPrimitives.ReadUInt16BigEndian(report[4..]), ownBits = BinaryPrimitives.ReadUInt16BigEndian(report[8..]), metadata = 4 * report[2];
        Assert.Equal(report.Length, 12 + metadata);
        Dictionary<int, ulong> values = [];
        int at = 12;
        for (int bit = 0; bit < 16; bit++)
        {
            if ((bits & (0x8000 >> bit)) == 0)
                continue;
            Assert.NotEqual(0, Sizes[bit]);
            values.Add(bit, Sizes[bit] == 4 ? BinaryPrimitives.ReadUInt32BigEndian(report[at..]) : BinaryPrimitives.ReadUInt64BigEndian(report[at..]));
            at += Sizes[bit];
        }

        ulong[] own = new ulong[(report.Length - at) / 4];
        for (int index = 0; index < own.Length; index++, at += 4)
            own[index] = BinaryPrimitives.ReadUInt32BigEndian(report[at..]);
        Assert.Equal(int.PopCount(ownBits), own.Length);
        return new ReadReport(
            report[0] >> 4, report[0] & 0xf, (report[3] & 0x80) != 0, (report[3] & 0x40) != 0, bits, BinaryPrimitives.ReadUInt16BigEndian(report[6..]), ownBits, values, own);
    }
}
