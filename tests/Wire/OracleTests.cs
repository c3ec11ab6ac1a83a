using CsCheck;

namespace OppTel.Wire.Tests;

/// <summary>The code under test agrees with the plain parser on whatever bytes arrive.</summary>
public sealed class OracleTests
{
    private const int Iterations = 200_000;

    private static readonly byte[][] Seeds =
    [
        [.. Frames.Ipv4(40), .. Frames.Trailer(Frames.Values(2))],
        [.. Frames.Ipv4(0, 15), .. Frames.Trailer(Frames.Values(1), pad: 4)],
        [.. Frames.Ipv6(33), .. Frames.Trailer(Frames.Values(5), flags: TrailerFlags.Tag)],
        [.. Frames.Ipv6(0, nextHeader: 59), .. Frames.Trailer(Frames.Values(1))],
        [.. Frames.Arp(), .. Frames.Trailer([], [new SampleRecord(1, 0, 2, 3)])],
        [.. Frames.Vlan(Frames.Ipv4(40), EtherType.Vlan), .. Frames.Trailer(Frames.Values(2))],
        [.. Frames.Vlan(Frames.Ipv6(40), EtherType.Vlan, EtherType.ServiceVlan), .. Frames.Trailer(Frames.Values(2))],
        [.. Frames.Vlan(Frames.Arp(), EtherType.Vlan, EtherType.Vlan, EtherType.Vlan), .. Frames.Trailer(Frames.Values(2))],
        [.. Frames.Control(ControlKind.Heartbeat), .. Frames.Trailer([], flags: TrailerFlags.Heartbeat)],
        [.. Frames.Control(ControlKind.Catalog, 99), .. Frames.Trailer(Frames.Values(2))],
    ];

    [Fact]
    public void RandomBytesGetTheSameVerdict() => Gen.Byte.Array[0, 200].Sample(
        bytes =>
        {
            AssertAgreement(bytes);
            if (bytes.Length >= 2)
                (bytes[^2], bytes[^1]) = ((byte)'T', (byte)'O');
            AssertAgreement(bytes);
        },
        iter: Iterations);

    [Fact]
    public void MutatedCarriersGetTheSameVerdictAndSomeAreStillAccepted()
    {
        int accepted = 0;
        Gen<(int At, byte Value)> change = Gen.Select(Gen.Int[0, 200], Gen.Byte);
        Gen.Select(Gen.Int[0, Seeds.Length - 1], change.Array[0, 3], Gen.Bool).Sample(
            (seed, changes, neutralise) =>
            {
                byte[] frame = [.. Seeds[seed]];
                foreach ((int at, byte value) in changes)
                    frame[at % frame.Length] = value;
                if (neutralise)
                    Mend(frame);
                if (AssertAgreement(frame) == StripReason.Stripped)
                    Interlocked.Increment(ref accepted);
            },
            iter: Iterations);
        Assert.InRange(accepted, 1, Iterations - 1);
    }

    /// <summary>Header bytes decide the L3 rules, so each of them takes every value.</summary>
    [Fact]
    public void EveryValueOfEveryHeaderByteGetsTheSameVerdict()
    {
        foreach (byte[] seed in Seeds)
        {
            for (int at = 12; at < Math.Min(seed.Length, 70); at++)
            {
                byte[] frame = [.. seed];
                for (int value = 0; value < 256; value++)
                {
                    frame[at] = (byte)value;
                    AssertAgreement(frame);
                }
            }
        }
    }

    private static StripReason AssertAgreement(byte[] frame)
    {
        StripReason reason = Trailer.Inspect(frame, out int length);
        Assert.Equal(PlainParser.Judge(frame), (reason.Label(), length));
        bool found = L3.TryFindEnd(frame, out int end);
        Assert.Equal(PlainParser.EndOfL3(frame), found ? end : null);
        return reason;
    }

    /// <summary>Makes the trailer that the footer claims neutral, if there is room for one, so that mutations reach the last test.</summary>
    private static void Mend(byte[] frame)
    {
        int length = frame[^4] + (frame[^3] << 8);
        if (length >= WireFormat.FooterSize && length <= frame.Length)
            TrailerWriter.Neutralise(frame.AsSpan(^length..));
    }
}
