using OppTel.Bpf;

namespace OppTel.Host.Tests.Survey;

/// <summary>Counts frames as the wire sees them, one at a time.</summary>
/// <param name="mtu">Of the device.</param>
internal sealed class WireOracle(int mtu)
{
    public ulong[] Sizes { get; } = new ulong[SurveyMaps.Sizes];

    public ulong[] Rooms { get; } = new ulong[SurveyMaps.Rooms];

    public ulong Bytes { get; private set; }

    public ulong BelowMtu { get; private set; }

    /// <summary>One frame.</summary>
    /// <param name="length">Bytes from the Ethernet header on.</param>
    /// <param name="offset">Of the L3 packet.</param>
    public void Count(int length, int offset)
    {
        // One tag is free.
        int secondTag = offset == 22 ? 4 : 0, room = Math.Max(0, mtu - (length - offset) - secondTag);
        Sizes[Math.Min(length / 16, Sizes.Length - 1)]++;
        Rooms[Math.Min(room / 8, Rooms.Length - 1)]++;
        Bytes += (ulong)length;
        BelowMtu += room > 0 ? 1u : 0u;
    }

    /// <summary>A GSO packet: its payload in pieces, each behind a copy of the headers.</summary>
    public void Split(ReadOnlySpan<byte> packet, int offset, int headers, int gsoSize)
    {
        for (ReadOnlySpan<byte> left = packet[headers..]; !left.IsEmpty; left = left[Math.Min(gsoSize, left.Length)..])
            Count(headers + Math.Min(gsoSize, left.Length), offset);
    }

    /// <summary>The program counted the same.</summary>
    public void AssertEqual(SurveyFixture survey)
    {
        Assert.Equal(Filled(Sizes), Filled(survey.FrameSizes()));
        Assert.Equal(Filled(Rooms), Filled(survey.Rooms()));
        Assert.Equal(Bytes, survey.FrameBytes());
        Assert.Equal(BelowMtu, survey.BelowMtu());
    }

    /// <summary>Index and count of what is not empty.</summary>
    public static IEnumerable<(int Index, ulong Count)> Filled(ulong[] counts) =>
        counts.Select((count, index) => (index, count)).Where(entry => entry.count > 0);
}
