using CsCheck;

namespace OppTel.Wire.Tests;

/// <summary>strip(append(f)) == f, and what a reader sees is what the writer was given.</summary>
public sealed class RoundTripTests
{
    private static readonly Gen<byte[]> Frame = Gen.OneOf(
        Gen.Int[0, 1400].Select(payload => Frames.Ipv4(payload)),
        Gen.Select(Gen.Int[0, 300], Gen.Int[5, 15]).Select((payload, words) => Frames.Ipv4(payload, words)),
        Gen.Int[0, 1400].Select(payload => Frames.Ipv6(payload)),
        Gen.Const(0).Select(_ => Frames.Arp()),
        Gen.Int[0, 600].Select(payload => Frames.Control(ControlKind.Catalog, payload)),
        Gen.Const(0).Select(_ => Frames.Control(ControlKind.Heartbeat)));

    private static readonly Gen<byte[]> TaggedFrame = Gen.Select(Frame, Gen.Bool.Array[0, 2])
        .Select((frame, tags) => Frames.Vlan(frame, [.. tags.Select(service => service ? EtherType.ServiceVlan : EtherType.Vlan)]));

    private static readonly Gen<ValueRecord> Value =
        Gen.Select(Gen.UShort, Gen.ULong).Select((slot, raw) => new ValueRecord(slot, raw & WireFormat.Mask48));

    private static readonly Gen<SampleRecord> Sample = Gen.Select(Gen.UShort, Gen.UShort, Gen.UInt, Gen.ULong)
        .Select((slot, flags, age, raw) => new SampleRecord(slot, flags, age, raw));

    private static readonly Gen<(ValueRecord[] Values, SampleRecord[] Samples, int Pad, TrailerFlags Flags, ulong Tag)> Content =
        Gen.Select(Value.Array[0, 255], Sample.Array[0, 255], Gen.Int[0, 127].Select(half => 2 * half), Gen.Int[0, 15].Select(flags => (TrailerFlags)flags), Gen.ULong);

    private static readonly Gen<(ulong Time, ushort Stream, uint Sequence, ushort Epoch)> Heading =
        Gen.Select(Gen.ULong.Select(time => time & WireFormat.Mask48), Gen.UShort, Gen.UInt, Gen.UShort);

    [Fact]
    public void StrippingGivesBackEveryFrameAndEveryRecord() => Gen.Select(TaggedFrame, Content, Heading).Sample((frame, content, heading) =>
    {
        Footer footer = Footer.Create(
            heading.Time, heading.Stream, heading.Sequence, heading.Epoch,
            (byte)content.Values.Length, (byte)content.Samples.Length, content.Flags, (byte)content.Pad);
        byte[] trailer = new byte[footer.Length];
        trailer.AsSpan().Fill(0xA5);
        TrailerWriter.Write(trailer, footer, content.Values, content.Samples, content.Tag);

        byte[] carrier = [.. frame, .. trailer];
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(carrier, out int length));
        Assert.Equal(frame, carrier[..^length]);

        TrailerReader reader = new(carrier.AsSpan(^length..));
        Assert.Equal(heading, (reader.Footer.Time, reader.Footer.Stream, reader.Footer.Sequence, reader.Footer.Epoch));
        Assert.Equal((content.Flags, content.Pad, WireFormat.Version), (reader.Footer.Flags, reader.Footer.Pad, reader.Footer.Version));
        Assert.Equal((content.Values.Length, content.Samples.Length), (reader.Footer.Values, reader.Footer.Samples));
        for (int index = 0; index < content.Values.Length; index++)
            Assert.Equal(content.Values[index], reader.Value(index));
        for (int index = 0; index < content.Samples.Length; index++)
            Assert.Equal(content.Samples[index], reader.Sample(index));
    });

    [Fact]
    public void ARealisticFrameWithoutATrailerIsLeftAlone() => TaggedFrame.Sample(frame =>
    {
        Assert.Equal(StripReason.NoTrailer, Trailer.Inspect(frame, out int length));
        Assert.Equal(0, length);
    });

    [Fact]
    public void APayloadThatEndsInATrailerIsNeverTaken() => Gen.Select(Gen.Int[0, 600], Gen.Bool, Content).Sample((payload, isIpv6, content) =>
    {
        byte[] trailer = Frames.Trailer(content.Values, content.Samples, content.Pad, content.Flags);
        byte[] frame = isIpv6 ? Frames.Ipv6(payload + trailer.Length) : Frames.Ipv4(payload + trailer.Length);
        trailer.CopyTo(frame, frame.Length - trailer.Length);
        Assert.Equal(StripReason.NotAtL3End, Trailer.Inspect(frame, out _));
    });

    [Fact]
    public void IndexesBeyondTheRecordsAreRefused()
    {
        byte[] trailer = Frames.Trailer(Frames.Values(2), [new SampleRecord(1, 0, 2, 3)]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrailerReader(trailer).Value(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrailerReader(trailer).Value(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrailerReader(trailer).Sample(1));
        Assert.Throws<ArgumentException>(() => new TrailerReader(trailer.AsSpan(2)).Footer);
        Assert.Throws<ArgumentException>(() => new TrailerReader([0, .. trailer]).Footer);
    }

    [Fact]
    public void AWriterRefusesWhatContradictsItself()
    {
        Footer footer = Footer.Create(1, 2, 3, 4, 2, 0, TrailerFlags.None, 0);
        Assert.Throws<ArgumentException>(() => TrailerWriter.Write(new byte[footer.Length], footer, Frames.Values(1), []));
        Assert.Throws<ArgumentException>(() => TrailerWriter.Write(new byte[footer.Length + 2], footer, Frames.Values(2), []));
        Assert.Throws<ArgumentException>(() => TrailerWriter.Write(new byte[footer.Length], footer, Frames.Values(2), [default]));
    }
}
