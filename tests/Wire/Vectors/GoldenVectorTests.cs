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
        byte[] left = TunnelFrames.Strip(vector.FrameBytes, out StripReason reason, out int length);
        Assert.Equal(vector.Verdict, reason.Label());
        Assert.Equal(vector.Original ?? vector.Frame, Convert.ToHexStringLower(left));
        Assert.Equal(vector.Place is null ? length : 0, Trailer.Inspect(vector.FrameBytes, out int behind) == StripReason.Stripped ? behind : 0);
        TunnelFrames.Strip(left, out reason, out _);
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
            Assert.Equal((vector.Name, vector.Verdict), (vector.Name, PlainTunnelParser.Judge(vector.FrameBytes).Verdict));
    }

    /// <summary>A tag is refused only by a reader with a key, and none of version 1 has one.</summary>
    [Fact]
    public void EveryReasonThatAReaderWithoutAKeyCanGiveHasAVector() =>
        Assert.Equal(
            Enum.GetValues<StripReason>().Where(reason => reason != StripReason.BadTag).Select(reason => reason.Label()).Order(),
            Golden.Vectors.Select(vector => vector.Verdict).Distinct().Order());

    [Fact]
    public void NamesAreUnique() => Assert.Equal(Golden.Vectors.Count, Golden.Vectors.Select(vector => vector.Name).Distinct().Count());

    [Fact]
    public void TheFileIsWhatTheGeneratorWrites() => Assert.Equal(VectorGenerator.Generate().ToText(), File.ReadAllText(VectorFile.FilePath));

    /// <summary>Writes the file anew: <c>dotnet run --project tests/Wire -- -explicit only -method "*Regenerate"</c>.</summary>
    [Fact(Explicit = true)]
    public void Regenerate() => File.WriteAllText(VectorFile.FilePath, VectorGenerator.Generate().ToText());

    private static Vector Find(string name) => Golden.Vectors.Single(vector => vector.Name == name);
}
