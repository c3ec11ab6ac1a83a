using CsCheck;
using OppTel.Wire.Tunnels;

namespace OppTel.Wire.Tests.Tunnels;

/// <summary>What a stripper leaves is the frame that the stack would have made without the trailer, and nobody else's bytes are ever taken.</summary>
public sealed class TunnelTests
{
    private static readonly Gen<byte[]> Inner = Gen.OneOf(
        Gen.Int[0, 1400].Select(payload => Frames.Ipv4(payload)),
        Gen.Int[0, 1400].Select(payload => Frames.Ipv6(payload)),
        Gen.Int[0, 40].Select(payload => Frames.Vlan(Frames.Ipv4(payload), EtherType.Vlan)),
        Gen.Const(0).Select(_ => Frames.Arp()));

    private static readonly Gen<byte[]> Random = Gen.Select(Gen.Int[1, 20], Gen.Int[0, 3], Gen.Int[0, 8], Gen.Bool).Select((values, samples, pad, tag) =>
        Frames.Trailer(
            Frames.Values(values), [.. Enumerable.Range(0, samples).Select(index => new SampleRecord((ushort)index, 0, 77, 1ul << index))], 2 * pad,
            TrailerFlags.Tunnel | (tag ? TrailerFlags.Tag : 0)));

    private static readonly Gen<Func<byte[], byte[]>> Wrapping = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 10], Gen.Int[0, 2], Gen.UShort)
        .Select((isGeneve, isIpv6, hasChecksum, words, tags, source) => (Func<byte[], byte[]>)(inner => TunnelFrames.Outer(
            [.. isGeneve ? TunnelFrames.GeneveHeader(words) : TunnelFrames.VxlanHeader(), .. inner], isGeneve ? TunnelFrames.Geneve : TunnelFrames.Vxlan,
            isIpv6, hasChecksum, isIpv6 ? 0 : words, tags switch { 0 => "", 1 => "8100002a", _ => "88a800648100002a" }, source)));

    /// <summary>Checksums too are those of a stack that never saw the trailer, whatever their value and wherever the trailer begins.</summary>
    [Fact]
    public void StrippingGivesBackWhatTheStackWouldHaveMade() => Gen.Select(Inner, Random, Wrapping).Sample(
        (inner, trailer, wrap) =>
        {
            byte[] left = TunnelFrames.Strip(wrap([.. inner, .. trailer]), out StripReason reason, out int length);
            Assert.Equal((StripReason.Stripped, trailer.Length), (reason, length));
            Assert.Equal(Convert.ToHexString(wrap(inner)), Convert.ToHexString(left));
        },
        iter: 20_000);

    /// <summary>Every value that a UDP checksum can have, 0xFFFF among them: the source port moves it.</summary>
    [Fact]
    public void EveryUdpChecksumIsTheStacks()
    {
        byte[] inner = Frames.Ipv4(3), trailer = Frames.Trailer(Frames.Values(2), flags: TrailerFlags.Tunnel);
        int largest = 0;
        for (int source = 0; source <= ushort.MaxValue; source++)
        {
            byte[] bare = TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. inner], TunnelFrames.Vxlan, sourcePort: source);
            byte[] left = TunnelFrames.Strip(TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. inner, .. trailer], TunnelFrames.Vxlan, sourcePort: source), out _, out _);
            Assert.True(bare.AsSpan().SequenceEqual(left), $"source port {source}");
            largest += bare[40] == 0xFF && bare[41] == 0xFF ? 1 : 0;
        }

        Assert.True(largest > 0);
    }

    /// <summary>A checksum that is wrong stays wrong: corruption on the way is for the receiver to find.</summary>
    [Fact]
    public void WrongChecksumsStayWrong()
    {
        byte[] stamped = Stamped(Frames.Ipv4(40));
        foreach (int at in (int[])[24, 25, 40, 41])
        {
            byte[] damaged = [.. stamped];
            damaged[at] ^= 0x10;
            byte[] right = TunnelFrames.Strip(stamped, out _, out _), wrong = TunnelFrames.Strip(damaged, out StripReason reason, out _);
            Assert.Equal(StripReason.Stripped, reason);
            Assert.NotEqual(right, wrong);
            Assert.NotEqual(0xFFFF, at < 34 ? PlainParser.Sum(wrong.AsSpan(14, 20)) : 0);
        }
    }

    /// <summary>What an application in a container sends is inside its own packet, and that ends behind it.</summary>
    [Fact]
    public void APayloadInsideATunnelThatIsATrailerIsNotTaken() => Gen.Select(Gen.Int[0, 300], Gen.Bool, Random, Wrapping).Sample((payload, isIpv6, trailer, wrap) =>
    {
        byte[] inner = isIpv6 ? Frames.Ipv6(payload + trailer.Length) : Frames.Ipv4(payload + trailer.Length);
        trailer.CopyTo(inner, inner.Length - trailer.Length);
        Assert.Equal(wrap(inner), TunnelFrames.Strip(wrap(inner), out StripReason reason, out _));
        Assert.Equal(StripReason.NotAtL3End, reason);
        // The same for a whole tunnel inside the tunnel: a container's own VXLAN, or somebody who builds one by hand.
        byte[] nested = wrap(wrap([.. Frames.Ipv4(payload), .. trailer]));
        Assert.Equal(nested, TunnelFrames.Strip(nested, out reason, out _));
        Assert.Equal(StripReason.NotAtL3End, reason);
    });

    [Fact]
    public void WithoutTheFlagOrTheTunnelNothingIsTaken()
    {
        byte[] inner = Frames.Ipv4(40), plain = Frames.Trailer(Frames.Values(2)), marked = Frames.Trailer(Frames.Values(2), flags: TrailerFlags.Tunnel);
        Expect("not_at_l3_end", TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. inner, .. plain], TunnelFrames.Vxlan));
        Expect("not_at_l3_end", TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. inner, .. marked], 4790));
        byte[] frame = Stamped(inner);
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect(frame, TunnelPorts.None, out _, out _));
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect(frame, new TunnelPorts([], [TunnelFrames.Geneve]), out _, out _));
        Assert.Equal(StripReason.BadTunnel, Trailer.Inspect(frame, new TunnelPorts([], [TunnelFrames.Vxlan]), out _, out _));
    }

    /// <summary>Of the trailer every bit is watched by its sum; of the rest, what is looked at.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFlippedBitNeverTakesOtherBytes(bool isIpv6)
    {
        byte[] trailer = Frames.Trailer(Frames.Values(2), flags: TrailerFlags.Tunnel);
        byte[] stamped = TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. Frames.Ipv4(21), .. trailer], TunnelFrames.Vxlan, isIpv6);
        for (int bit = 0; bit < 8 * stamped.Length; bit++)
        {
            byte[] damaged = [.. stamped];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            byte[] left = TunnelFrames.Strip(damaged, out StripReason reason, out int length);
            Assert.Equal(PlainTunnelParser.Judge(damaged), (reason.Label(), length));
            Assert.True(reason == StripReason.Stripped ? length == trailer.Length && bit / 8 < stamped.Length - trailer.Length : left.SequenceEqual(damaged));
        }
    }

    [Fact]
    public void ATruncatedFrameIsLeftAloneAndNothingIsReadBehindIt()
    {
        byte[] stamped = Stamped(Frames.Ipv6(33));
        using GuardedMemory memory = new(stamped.Length);
        for (int length = 0; length < stamped.Length; length++)
        {
            Span<byte> frame = memory.Bytes[^length..];
            stamped.AsSpan(..length).CopyTo(frame);
            Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(frame, TunnelPorts.Default, out _, out _));
            // The end is what is looked at first: here it is right, and the beginning is missing. Without the tunnel it is a carrier.
            stamped.AsSpan(^length..).CopyTo(frame);
            bool isInner = stamped.Length - length == 14 + 20 + 16;
            Assert.Equal(isInner, Trailer.Inspect(frame, TunnelPorts.Default, out _, out _) == StripReason.Stripped);
        }
    }

    /// <summary>Whatever bytes arrive, the plain parser agrees and no byte outside is read.</summary>
    [Fact]
    public void MutatedFramesGetThePlainParsersVerdict()
    {
        int accepted = 0;
        Gen.Select(Inner, Random, Wrapping, Gen.Select(Gen.Int[0, 120], Gen.Byte).Array[0, 3], Gen.Bool).Sample(
            (inner, trailer, wrap, changes, fromEnd) =>
            {
                byte[] frame = wrap([.. inner, .. trailer]);
                foreach ((int at, byte value) in changes)
                    frame[fromEnd ? frame.Length - 1 - (at % frame.Length) : at % frame.Length] = value;
                StripReason reason = Trailer.Inspect(frame, TunnelPorts.Default, out int length, out _);
                Assert.Equal(PlainTunnelParser.Judge(frame), (reason.Label(), length));
                if (reason == StripReason.Stripped)
                    Interlocked.Increment(ref accepted);
            },
            iter: 100_000);
        Assert.InRange(accepted, 1, 99_999);
    }

    [Fact]
    public void EveryValueOfEveryHeaderByteGetsThePlainParsersVerdict()
    {
        byte[] trailer = Frames.Trailer(Frames.Values(1), flags: TrailerFlags.Tunnel);
        foreach (byte[] seed in (byte[][])[Stamped(Frames.Arp()), TunnelFrames.Outer([.. TunnelFrames.GeneveHeader(2), .. Frames.Ipv4(1), .. trailer], TunnelFrames.Geneve, isIpv6: true)])
        {
            for (int at = 0; at < seed.Length - trailer.Length; at++)
            {
                for (int value = 0; value < 256; value++)
                {
                    byte[] frame = [.. seed];
                    frame[at] = (byte)value;
                    StripReason reason = Trailer.Inspect(frame, TunnelPorts.Default, out int length, out _);
                    Assert.Equal(PlainTunnelParser.Judge(frame), (reason.Label(), length));
                }
            }
        }
    }

    private static byte[] Stamped(byte[] inner) =>
        TunnelFrames.Outer([.. TunnelFrames.VxlanHeader(), .. inner, .. Frames.Trailer(Frames.Values(2), flags: TrailerFlags.Tunnel)], TunnelFrames.Vxlan);

    private static void Expect(string verdict, byte[] frame)
    {
        Assert.Equal(frame, TunnelFrames.Strip(frame, out StripReason reason, out _));
        Assert.Equal(verdict, reason.Label());
    }
}
