namespace OppTel.Exports.Tests.RemoteWrite;

/// <summary>A series as a receiver of version 2.0 reads it.</summary>
internal sealed record ReadSeries(
    IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(double Value, long Time, long Start)> Samples, IReadOnlyList<ReadHistogram> Histograms,
    int Exemplars, ulong Type, string Help, string Unit)
{
    public string Name => Labels["__name__"];
}

/// <summary>A native histogram: counts by the number of the bucket.</summary>
internal sealed record ReadHistogram(
    ulong Count, double Sum, long Schema, ulong ZeroCount, IReadOnlyDictionary<long, ulong> Positive, IReadOnlyDictionary<long, ulong> Negative, long Time, long Start);

/// <summary>Reads requests of remote write 2.0 as the specification (2.0-rc.4) has them, and fails wherever it says MUST and it is not so.</summary>
internal static class Version2Reader
{
    private const ulong StaleMarker = 0x7ff0000000000002;

    public static IReadOnlyList<ReadSeries> Read(Received request)
    {
        Assert.Equal("snappy", request.Headers["Content-Encoding"]);
        Assert.Equal("application/x-protobuf;proto=io.prometheus.write.v2.Request", request.Headers["Content-Type"]);
        Assert.Equal("2.0.0", request.Headers["X-Prometheus-Remote-Write-Version"]);
        Assert.Matches("^[^ /]+/[^ ]+$", request.Headers["User-Agent"]);
        List<ProtoField> fields = ProtoReader.Fields(SnappyBlock.Decompress(request.Body));
        Assert.All(fields, field => Assert.True(field.Number is 4 or 5, $"field {field.Number}"));
        string[] symbols = [.. fields.Where(field => field.Number == 4).Select(field => field.Text)];
        Assert.Equal("", symbols[0]);
        Assert.Equal(symbols.Length, symbols.Distinct().Count());
        return [.. fields.Where(field => field.Number == 5).Select(field => ReadSeries(field.Bytes, symbols))];
    }

    private static ReadSeries ReadSeries(byte[] message, string[] symbols)
    {
        List<ProtoField> fields = ProtoReader.Fields(message);
        Assert.All(fields, field => Assert.InRange(field.Number, 1, 5));
        ProtoField[] samples = [.. fields.Where(field => field.Number == 2)], histograms = [.. fields.Where(field => field.Number == 3)];
        Assert.True(samples.Length > 0 != histograms.Length > 0, "a series has either samples or histograms");
        List<ProtoField> metadata = ProtoReader.Fields(fields.Single(field => field.Number == 5).Bytes);
        ReadSeries series = new(
            Labels(fields.Where(field => field.Number == 1), symbols),
            [.. samples.Select(sample => ReadSample(sample.Bytes))],
            [.. histograms.Select(histogram => ReadHistogram(histogram.Bytes))],
            fields.Where(field => field.Number == 4).Count(exemplar => IsExemplar(exemplar.Bytes, symbols)),
            Value(metadata, 1),
            symbols[Value(metadata, 3)],
            symbols[Value(metadata, 4)]);
        Assert.Equal(series.Samples.Select(sample => sample.Time).Order(), series.Samples.Select(sample => sample.Time));
        Assert.True(series.Type != 0, "metadata without a type");
        return series;
    }

    private static Dictionary<string, string> Labels(IEnumerable<ProtoField> references, string[] symbols)
    {
        string[] texts = [.. references.SelectMany(field => field.WireType == 0 ? [field.Value] : field.Varints()).Select(reference => symbols[reference])];
        Assert.True(texts.Length > 0 && texts.Length % 2 == 0, $"{texts.Length} references");
        (string Name, string Value)[] labels = [.. texts.Chunk(2).Select(pair => (pair[0], pair[1]))];
        Assert.All(labels, label => Assert.True(label.Name.Length > 0 && label.Value.Length > 0, $"empty label {label}"));
        for (int index = 1; index < labels.Length; index++)
            Assert.True(string.CompareOrdinal(labels[index - 1].Name, labels[index].Name) < 0, $"{labels[index - 1].Name} before {labels[index].Name}");
        return labels.ToDictionary(label => label.Name, label => label.Value);
    }

    private static (double Value, long Time, long Start) ReadSample(byte[] message)
    {
        List<ProtoField> fields = ProtoReader.Fields(message);
        Assert.All(fields, field => Assert.Equal(field.Number == 1 ? 1 : 0, field.WireType));
        ulong value = Value(fields, 1);
        Assert.True(!double.IsNaN(BitConverter.UInt64BitsToDouble(value)) || value is StaleMarker or 0x7ff8000000000001, $"{value:x}");
        long time = (long)Value(fields, 2);
        AssertMilliseconds(time);
        return (BitConverter.UInt64BitsToDouble(value), time, (long)Value(fields, 3));
    }

    private static bool IsExemplar(byte[] message, string[] symbols)
    {
        List<ProtoField> fields = ProtoReader.Fields(message);
        _ = Labels(fields.Where(field => field.Number == 1), symbols);
        Assert.Contains(fields, field => field.Number == 2);
        AssertMilliseconds((long)Value(fields, 3));
        return true;
    }

    private static ReadHistogram ReadHistogram(byte[] message)
    {
        List<ProtoField> fields = ProtoReader.Fields(message);
        Assert.Contains(fields, field => field.Number == 1);
        Assert.Contains(fields, field => field.Number == 6);
        ReadHistogram histogram = new(
            Value(fields, 1), BitConverter.UInt64BitsToDouble(Value(fields, 3)), fields.Find(field => field.Number == 4).ZigZag, Value(fields, 6),
            Buckets(fields, 11, 12), Buckets(fields, 8, 9), (long)Value(fields, 15), (long)Value(fields, 17));
        AssertMilliseconds(histogram.Time);
        Assert.InRange(histogram.Schema, -4, 8);
        Assert.Equal(histogram.Count, histogram.Positive.Values.Concat(histogram.Negative.Values).Aggregate(histogram.ZeroCount, (sum, count) => sum + count));
        return histogram;
    }

    private static Dictionary<long, ulong> Buckets(List<ProtoField> fields, int spans, int deltas)
    {
        Dictionary<long, ulong> counts = [];
        Queue<long> left = new(fields.Where(field => field.Number == deltas).SelectMany(field => field.Varints()).Select(raw => new ProtoField(0, 0, raw, []).ZigZag));
        long bucket = 0, count = 0;
        foreach (List<ProtoField> span in fields.Where(field => field.Number == spans).Select(field => ProtoReader.Fields(field.Bytes)))
        {
            bucket += span.Find(field => field.Number == 1).ZigZag;
            for (ulong index = 0; index < Value(span, 2); index++, bucket++)
            {
                count += left.Dequeue();
                counts.Add(bucket, checked((ulong)count));
            }
        }

        Assert.Empty(left);
        return counts;
    }

    /// <summary>The year is one of this century, so the unit cannot be another one.</summary>
    private static void AssertMilliseconds(long time) => Assert.InRange(time, 978_307_200_000, 4_133_980_800_000);

    private static ulong Value(List<ProtoField> fields, int number) => fields.Find(field => field.Number == number).Value;
}
