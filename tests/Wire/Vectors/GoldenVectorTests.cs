using OppTel.Wire.Tests.Tunnels;

namespace OppTel.Wire.Tests.Vectors;

/// <summary>The golden vectors, run by the C# view of the format.</summary>
public sealed class GoldenVectorTests
{
    private static readonly VectorFile Golden = VectorFile.Load();

    public static TheoryData<string> Names => [.. Golden.Vectors.Select(vector => vector.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void InspectGivesTheVerdict(string name)
    {
        Vector vector = Find(name);
        byte[] left = Judge(vector, vector.FrameBytes, out StripReason reason, out int length);
        Assert.Equal(vector.Verdict, reason.Label());
        Assert.Equal(vector.Original ?? vector.Frame, Convert.ToHexStringLower(left));
        if (vector.Key is null)
            Assert.Equal(vector.Place is null ? length : 0, Trailer.Inspect(vector.FrameBytes, out int behind) == StripReason.Stripped ? behind : 0);
        Judge(vector, left, out reason, out _);
        Assert.NotEqual(StripReason.Stripped, reason);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ReadingAndWritingAgreeWithTheFields(string name)
    {
        Vector vector = Find(name);
        if (vector.Trailer is not { } fields)
            return;
        byte[] expected = vector.FrameBytes[(vector.Original!.Length / 2)..];
        TrailerReader reader = new(expected);
        Footer footer = reader.Footer;
        Assert.Equal(PlainWriter.Number(fields.Time), footer.Time);
        Assert.Equal((fields.Stream, fields.Sequence, fields.Epoch), (footer.Stream, footer.Sequence, footer.Epoch));
        Assert.Equal((fields.Flags, fields.Pad, fields.Checksum), ((byte)footer.Flags, (byte)footer.Pad, footer.Checksum));
        Assert.Equal((fields.Values.Count, fields.Samples.Count), (footer.Values, footer.Samples));
        ValueRecord[] values = [.. fields.Values.Select(value => new ValueRecord(value.Slot, PlainWriter.Number(value.Value)))];
        SampleRecord[] samples = [.. fields.Samples.Select(sample => new SampleRecord(sample.Slot, sample.Flags, sample.AgeNs, PlainWriter.Number(sample.Value)))];
        for (int index = 0; index < values.Length; index++)
            Assert.Equal(values[index], reader.Value(index));
        for (int index = 0; index < samples.Length; index++)
            Assert.Equal(samples[index], reader.Sample(index));

        byte[] written = new byte[expected.Length];
        Footer given = Footer.Create(
            footer.Time, footer.Stream, footer.Sequence, footer.Epoch, (byte)values.Length, (byte)samples.Length, footer.Flags, fields.Pad);
        TrailerWriter.Write(written, given, values, samples, fields.Tag is null ? 0 : PlainWriter.Number(fields.Tag));
        // A writer makes zero of what may as well be 0xFFFF.
        if (fields.Checksum == 0xFFFF)
            (written[^6], written[^5]) = (0xFF, 0xFF);
        Assert.Equal(expected, written);
    }

    [Fact]
    public void ThePlainParserAgrees()
    {
        foreach (Vector vector in Golden.Vectors)
            Assert.Equal((vector.Name, vector.Verdict), (vector.Name, (KeyOf(vector) is { } own ? PlainParser.Judge(vector.FrameBytes, own) : PlainTunnelParser.Judge(vector.FrameBytes)).Verdict));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatHasAKeyIsSignedAlike(string name)
    {
        Vector vector = Find(name);
        if (vector.Trailer is not { Tag: { } tag } || KeyOf(vector) is not { } key)
            return;
        byte[] trailer = vector.FrameBytes[(vector.Original!.Length / 2)..];
        Assert.Equal(PlainWriter.Number(tag), TrailerTag.Compute(trailer, TrailerKey.FromBytes(key)));
        byte[] signed = [.. trailer];
        signed.AsSpan(signed.Length - 32, 8).Fill(0x5A);
        TrailerTag.Sign(signed, TrailerKey.FromBytes(key));
        Assert.Equal(trailer, signed);
    }

    [Fact]
    public void EveryReasonHasAVector() =>
        Assert.Equal(
            Enum.GetValues<StripReason>().Select(reason => reason.Label()).Order(),
            Golden.Vectors.Select(vector => vector.Verdict).Distinct().Order());

    [Fact]
    public void NamesAreUnique() => Assert.Equal(Golden.Vectors.Count, Golden.Vectors.Select(vector => vector.Name).Distinct().Count());

    [Fact]
    public void TheFileIsWhatTheGeneratorWrites() => Assert.Equal(VectorGenerator.Generate().ToText(), File.ReadAllText(VectorFile.FilePath));

    /// <summary>Writes the file anew: <c>dotnet run --project tests/Wire -- -explicit only -method "*Regenerate"</c>.</summary>
    [Fact(Explicit = true)]
    public void Regenerate() => File.WriteAllText(VectorFile.FilePath, VectorGenerator.Generate().ToText());

    private static byte[]? KeyOf(Vector vector) => vector.Key is null ? null : Convert.FromHexString(vector.Key);

    /// <summary>What is left of a frame.</summary>
    private static byte[] Judge(Vector vector, byte[] frame, out StripReason reason, out int length)
    {
        byte[] left = TunnelFrames.Strip(frame, out reason, out length);
        if (reason != StripReason.Stripped || KeyOf(vector) is not { } key || TrailerTag.IsRight(frame.AsSpan(^length..), TrailerKey.FromBytes(key)))
            return left;
        (reason, length) = (StripReason.BadTag, 0);
        return frame;
    }

    private static Vector Find(string name) => Golden.Vectors.Single(vector => vector.Name == name);
}
