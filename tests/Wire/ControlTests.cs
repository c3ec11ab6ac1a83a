using CsCheck;

namespace OppTel.Wire.Tests;

/// <summary>Control headers, beacons and their tag: round trips, truncation, every bit flipped.</summary>
public sealed class ControlTests
{
    private static readonly Gen<ControlHeader> Header = Gen.Select(Gen.Byte[0, 0x7F], Gen.Int[0, 1000], Gen.ULong, Gen.ULong, Gen.UInt, Gen.Bool)
        .Select((kind, length, instance, counter, echo, isDatagram) => new ControlHeader((ControlKind)kind, (ushort)length, instance, counter, echo, isDatagram));

    private static readonly Gen<Beacon> AnyBeacon = Gen.Select(
        Gen.Select(Gen.ULong, Gen.ULong), Gen.UInt, Gen.UShort, Gen.Int[0, Beacon.MaxStreams], Gen.UShort, Gen.Int[0, Beacon.MaxBoosts], Gen.Select(Gen.UShort, Gen.UInt, Gen.ULong))
        .Select((times, lease, epoch, streams, trailer, boosts, rest) => new Beacon(
            times.Item1, times.Item2, lease, epoch, (ushort)streams, trailer, (ushort)boosts, (BeaconFlags)rest.Item1, new DedicatedArrivals(rest.Item2, rest.Item3)));

    [Fact]
    public void HeadersAreReadAsWrittenAndNeverPastTheirPacket() => Header.Sample(header =>
    {
        byte[] packet = new byte[ControlHeader.Size + header.PayloadLength];
        packet.AsSpan().Fill(0xA5);
        header.Write(packet);
        Assert.True(ControlHeader.TryRead(packet, out ControlHeader read));
        Assert.Equal(header, read);
        Assert.True(ControlHeader.TryRead([.. packet, 0, 0], out read));
        Assert.Equal(header, read);
        for (int cut = 1; cut <= ControlHeader.Size && cut <= packet.Length; cut++)
            Assert.False(ControlHeader.TryRead(packet.AsSpan(..^cut), out _));
        packet[0]++;
        Assert.False(ControlHeader.TryRead(packet, out _));
    });

    [Fact]
    public void BeaconsAreReadAsWrittenAndNeverPastTheirPayload() => Gen.Select(AnyBeacon, Gen.ULong).Sample((beacon, lost) =>
    {
        byte[] payload = new byte[Beacon.Size(beacon.Streams, beacon.Boosts)];
        payload.AsSpan().Fill(0xA5);
        beacon.Write(payload);
        for (int index = 0; index < beacon.Streams; index++)
            new BeaconStream((ushort)index, (uint)(index * 3), lost + (ulong)index).Write(payload.AsSpan(Beacon.Size(index)));
        for (int index = 0; index < beacon.Boosts; index++)
            new BeaconBoost((uint)lost, (uint)index, (uint)(lost >> 32)).Write(payload.AsSpan(Beacon.Size(beacon.Streams, index)));
        Assert.True(Beacon.TryRead(payload, out Beacon read));
        Assert.Equal(beacon, read);
        for (int index = 0; index < beacon.Boosts; index++)
            Assert.Equal(new BeaconBoost((uint)lost, (uint)index, (uint)(lost >> 32)), read.Boost(payload, index));
        for (int index = 0; index < beacon.Streams; index++)
            Assert.Equal(new BeaconStream((ushort)index, (uint)(index * 3), lost + (ulong)index), Beacon.Stream(payload, index));
        Assert.False(Beacon.TryRead(payload.AsSpan(..^1), out _));
    });

    [Fact]
    public void ABeaconWithMoreStreamsThanThereMayBeIsRefused()
    {
        byte[] payload = new byte[Beacon.Size(Beacon.MaxStreams + 1)];
        new Beacon(1, 2, 3, 4, Beacon.MaxStreams + 1, 5).Write(payload);
        Assert.False(Beacon.TryRead(payload, out _));
    }

    [Fact]
    public void ABeaconWithMoreBoostsThanThereMayBeIsRefused()
    {
        byte[] payload = new byte[Beacon.Size(0, Beacon.MaxBoosts + 1)];
        new Beacon(1, 2, 3, 4, 0, 5, Beacon.MaxBoosts + 1).Write(payload);
        Assert.False(Beacon.TryRead(payload, out _));
    }

    /// <summary>Written by hand after the diagrams of the specification: one stream, two boosts.</summary>
    [Fact]
    public void ABeaconHasTheBytesOfTheSpecification()
    {
        const string Bytes =
            "0807060504030201" + "8877665544332211" + "2c010000" + "3412" + "0100" + "0002" + "0200" + "0100" + "0000"
            + "0500000000000080" + "78563412" + "00000000"
            + "0300" + "0000" + "efbeadde" + "2a00000000000000"
            + "11000000" + "64000000" + "10270000" + "00000000"
            + "d2040000" + "e8030000" + "01000000" + "00000000";
        byte[] payload = new byte[Beacon.Size(1, 2)];
        new Beacon(0x0102_0304_0506_0708, 0x1122_3344_5566_7788, 300, 0x1234, 1, 512, 2, BeaconFlags.Tags, new DedicatedArrivals(0x1234_5678, 0x8000_0000_0000_0005)).Write(payload);
        new BeaconStream(3, 0xDEAD_BEEF, 42).Write(payload.AsSpan(Beacon.Size(0)));
        new BeaconBoost(17, 100, 10_000).Write(payload.AsSpan(Beacon.Size(1)));
        new BeaconBoost(1234, 1000, 1).Write(payload.AsSpan(Beacon.Size(1, 1)));
        Assert.Equal(Bytes, Convert.ToHexStringLower(payload));
    }

    /// <summary>A reader that knows no boosts takes what a new stripper sends for what it was, and an old stripper's zeros are no boosts.</summary>
    [Fact]
    public void BoostsLieBehindWhatOlderReadersLookAt()
    {
        byte[] payload = new byte[Beacon.Size(2, 1)], older = new byte[Beacon.Size(2)];
        new Beacon(1, 2, 3, 4, 2, 5, 1).Write(payload);
        new Beacon(1, 2, 3, 4, 2, 5).Write(older);
        Assert.Equal(older[..Beacon.BoostsOffset], payload[..Beacon.BoostsOffset]);
        Assert.Equal(older[(Beacon.BoostsOffset + 2)..], payload[(Beacon.BoostsOffset + 2)..older.Length]);
        Assert.True(Beacon.TryRead(older, out Beacon read));
        Assert.Equal(0, read.Boosts);
    }

    /// <summary>Numbers wrap, and of what lies behind the bitmap nothing is known.</summary>
    [Fact]
    public void ArrivalsAreKnownOfTheNewest64() => Gen.Select(Gen.UInt, Gen.ULong, Gen.UInt[0, 100]).Sample((highest, seen, behind) =>
        Assert.Equal(behind < 64 && (seen >> (int)behind & 1) != 0, new DedicatedArrivals(highest, seen).Has(highest - behind)));

    [Fact]
    public void AnyFlippedBitAndAnyOtherKeyBreaksTheTag()
    {
        byte[] packet = new byte[ControlHeader.Size + 20];
        new ControlHeader(ControlKind.Catalog, 20, 3, 4).Write(packet);
        ControlKey key = ControlKey.FromBytes([.. Enumerable.Range(1, 32).Select(index => (byte)index)]);
        key.Sign(packet);
        Assert.True(key.Verify(packet));
        Assert.False(ControlKey.Public.Verify(packet));
        for (int bit = 0; bit < packet.Length * 8; bit++)
        {
            packet[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.Verify(packet));
            packet[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.False(key.Verify(packet.AsSpan(..^1)));
        Assert.False(key.Verify([.. packet, 0]));
        Assert.True(key.Verify(packet));
    }

    /// <summary>Computed with openssl over the header of a heartbeat and no payload: the tag is plain HMAC-SHA-256, cut to 16 bytes.</summary>
    [Fact]
    public void TheTagIsWhatAnotherImplementationComputes()
    {
        byte[] packet = new byte[ControlHeader.Size];
        new ControlHeader(ControlKind.Heartbeat, 0, 0x1122_3344_5566_7788, 42).Write(packet);
        ControlKey.FromBytes([.. Enumerable.Range(1, 32).Select(index => (byte)index)]).Sign(packet);
        Assert.Equal("bc8a8ce7ec6e0df7c21daf1b5e2557cd", Convert.ToHexStringLower(packet.AsSpan(ControlHeader.TagOffset..)));
    }

    [Fact]
    public void TheDataplaneTakesUntaggedControlToTheGroupAndNothingElse()
    {
        byte[] frame = Frames.Control(ControlKind.Heartbeat);
        Assert.False(ControlFrame.IsOurs(frame));
        ControlFrame.Group.CopyTo(frame);
        Assert.True(ControlFrame.IsOurs(frame));
        Assert.True(ControlFrame.IsOurs(frame.AsSpan(..14)));
        Assert.False(ControlFrame.IsOurs(frame.AsSpan(..13)));
        Assert.False(ControlFrame.IsOurs(Frames.Vlan(frame, EtherType.Vlan)));
        frame[12] ^= 1;
        Assert.False(ControlFrame.IsOurs(frame));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void AKeyHas32Bytes(int length) => Assert.Throws<ArgumentException>(() => ControlKey.FromBytes(new byte[length]));
}
