using OppTel.Wire;
using OppTel.Wire.Tests.Tunnels;

namespace OppTel.Dataplane.Tests.Tunnels;

/// <summary>
/// One packet of a tunnel with and without a trailer, as frames on an underlay. Where a trailer makes fragments of a packet that would
/// have fitted by a few bytes, the fragments stay: nobody can tell, and no sender does that.
/// </summary>
/// <param name="Sent">What a host sends.</param>
/// <param name="Bare">What it would have sent without a trailer.</param>
/// <param name="Trailer">Empty when there is none.</param>
internal sealed record TunnelledPacket(List<byte[]> Sent, List<byte[]> Bare, byte[] Trailer)
{
    /// <summary>A packet of any kind.</summary>
    /// <param name="random">Decides all else.</param>
    /// <param name="identification">Of the outer packet.</param>
    /// <param name="isStamped">Whether it has a trailer.</param>
    /// <param name="mtu">Of the underlay; a trailer that makes one fragment more is among what comes.</param>
    public static TunnelledPacket Any(Random random, int identification, bool isStamped, int mtu)
    {
        TunnelledPacket packet;
        do
            packet = Make(random, identification, isStamped, mtu);
        while (packet.Bare.Count == 1 && packet.Sent.Count > 1 && packet.Bare[0].Length - 34 > packet.Sent[0].Length - 34 - 28);
        return packet;
    }

    private static TunnelledPacket Make(Random random, int identification, bool isStamped, int mtu)
    {
        byte[] inner = random.Next(5) == 0 ? Frames.Arp(random)
            : random.Next(2) == 0 ? Frames.Ipv6(random.Next(80, 1600), random, random.Next(2)) : Frames.Ipv4(random.Next(60, 1600), random, random.Next(2));
        byte[] trailer = isStamped ? NewTrailer(random) : [];
        bool isIpv6 = random.Next(2) == 0, isGeneve = random.Next(3) == 0, hasChecksum = random.Next(3) != 0;
        int words = random.Next(4);
        byte[] Wrap(byte[] frame) => TunnelFrames.Outer(
            [.. isGeneve ? TunnelFrames.GeneveHeader(words) : TunnelFrames.VxlanHeader(), .. frame], isGeneve ? TunnelFrames.Geneve : TunnelFrames.Vxlan, isIpv6, hasChecksum);
        return new TunnelledPacket(Fragments.Of(Wrap([.. inner, .. trailer]), mtu, identification), Fragments.Of(Wrap(inner), mtu, identification), trailer);
    }

    private static byte[] NewTrailer(Random random)
    {
        ValueRecord[] values = [.. Enumerable.Range(0, random.Next(1, 20)).Select(slot => new ValueRecord((ushort)slot, (ulong)random.NextInt64() & WireFormat.Mask48))];
        byte pad = (byte)(2 * random.Next(4));
        Footer footer = Footer.Create((ulong)random.NextInt64(), 3, (uint)random.Next(), 7, (byte)values.Length, 0, TrailerFlags.Tunnel, pad);
        byte[] trailer = new byte[footer.Length];
        TrailerWriter.Write(trailer, footer, values, []);
        return trailer;
    }
}
