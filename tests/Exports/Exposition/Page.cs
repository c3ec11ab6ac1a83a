using System.Buffers;
using System.Text;
using CsCheck;
using OppTel.Sketches;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Exposition;

/// <summary>One series of a page.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">Of a counter or gauge; the sum of a classic histogram.</param>
/// <param name="Bounds">Of a classic histogram.</param>
/// <param name="Counts">Of a classic histogram's buckets by themselves.</param>
/// <param name="Observed">What an exponential histogram counts; null for the other kinds.</param>
internal sealed record PageSeries((string, string)[] Labels, double Value, double[] Bounds, double[] Counts, double[]? Observed);

/// <summary>One family of a page.</summary>
internal sealed record PageFamily(MetricFamily Family, PageSeries[] Series);

/// <summary>A page that all formats can say, whatever is on it.</summary>
internal sealed record Page(PageFamily[] Families)
{
    private static readonly Gen<string> Texts = Gen.String[Gen.OneOf(Gen.Char, Gen.Char["\\\"\n{}, =#äé"]), 0, 12]
        // Half of a surrogate pair is no text.
        .Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));

    private static readonly Gen<double> Counts = Gen.OneOf(Gen.Int[0, 1_000_000].Select(count => (double)count), Gen.Double[0, 1e18].Select(count => Math.Floor(count)));

    private static readonly Gen<(double[] Bounds, double[] Counts)> Classic =
        from bounds in Gen.OneOf(Gen.Double[1e-9, 1e9], Gen.Int[1, 100].Select(bound => (double)bound)).Array[0, 6]
        from ends in Gen.Bool
        let all = (double[])[.. bounds.Distinct().Order(), .. ends ? new[] { double.PositiveInfinity } : []]
        from counts in Gen.Int[0, 1000].Select(count => (double)count).Array[all.Length]
        select (all, counts);

    private static readonly Gen<double[]> Observed = Gen.OneOf(Gen.Double[1e-9, 1e9], Gen.Const(0.0), Gen.Int[-30, 30].Select(power => Math.ScaleB(1, power))).Array[0, 60];

    public static Gen<Page> Any { get; } =
        from families in FamilyOf.Array[0, 5]
        select new Page([.. families.Select((family, number) => family with { Family = family.Family with { Name = $"f{number}_{family.Family.Name}" } })]);

    private static Gen<PageFamily> FamilyOf =>
        from kind in Gen.Int[0, 2].Select(number => ((Kind[])[Kind.Counter, Kind.Gauge, Kind.HistogramBucket])[number])
        from unit in Gen.Int[0, 2].Select(number => ((string[])["things", "seconds", "bytes"])[number])
        from help in Texts
        from exponential in Gen.Bool
        from labels in LabelsOf.Array[0, 4]
        let different = labels.DistinctBy(set => string.Join('|', set.Select(pair => $"{pair.Item1}={pair.Item2.Length}:{pair.Item2}"))).ToArray()
        from series in SeriesOf(kind, exponential).Array[different.Length]
        select new PageFamily(
            new MetricFamily(unit + (kind == Kind.Counter ? "_total" : ""), help, kind),
            [.. series.Select((entry, number) => entry with { Labels = different[number] })]);

    private static Gen<(string, string)[]> LabelsOf =>
        Gen.Select(Gen.Bool.Array[3], Texts.Array[3]).Select((there, values) =>
            (((string, string)[])[("a", values[0]), ("host", values[1]), ("z_1", values[2])]).Where((_, index) => there[index]).ToArray());

    private static Gen<PageSeries> SeriesOf(Kind kind, bool exponential) => kind switch
    {
        Kind.Counter => Counts.Select(value => new PageSeries([], value, [], [], null)),
        Kind.Gauge => Gen.Double.Select(value => new PageSeries([], value, [], [], null)),
        _ when exponential => Observed.Select(values => new PageSeries([], 0, [], [], values)),
        _ => Gen.Select(Classic, Gen.Double[0, 1e12]).Select((classic, sum) => new PageSeries([], sum, classic.Bounds, classic.Counts, null)),
    };

    /// <summary>The exponential histogram of a series.</summary>
    public static ExponentialHistogram Sketch(PageSeries series)
    {
        ExponentialHistogram sketch = new();
        foreach (double value in series.Observed!)
            sketch.Record(value);
        return sketch;
    }

    /// <summary>One exemplar for each thing observed.</summary>
    public static Exemplar[] Exemplars(PageSeries series) =>
        [.. series.Observed!.Select((value, number) => new Exemplar(value, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123 + number), [("seq", $"{number}")]))];

    /// <summary>The page in a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="cached">Whether labels come in sets that are spelled once.</param>
    public byte[] Write(ExpositionFormat format, bool cached = false)
    {
        ArrayBufferWriter<byte> output = new();
        MetricWriter writer = format.Writer(output);
        foreach (PageFamily family in Families)
        {
            writer.Begin(family.Family);
            foreach (PageSeries series in family.Series)
                Write(writer, family.Family.Kind, series, cached ? new LabelSet([.. series.Labels.Select(label => KeyValuePair.Create(label.Item1, label.Item2))]) : null);
        }

        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static void Write(MetricWriter writer, Kind kind, PageSeries series, LabelSet? labels)
    {
        if (series.Observed is not null)
            writer.Histogram(Sketch(series), Exemplars(series), series.Labels);
        else if (kind == Kind.HistogramBucket && labels is not null)
            writer.Histogram(series.Bounds, series.Counts, series.Value, labels);
        else if (kind == Kind.HistogramBucket)
            writer.Histogram(series.Bounds, series.Counts, series.Value, series.Labels);
        else if (labels is not null)
            writer.Sample(series.Value, labels);
        else
            writer.Sample(series.Value, series.Labels);
    }
}
