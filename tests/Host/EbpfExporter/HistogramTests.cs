using CsCheck;
using OppTel.Catalog;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>Below each bound there are as many values as a test caused there, and the sum is theirs.</summary>
[Collection(TestEvents.Collection)]
public sealed class HistogramTests : IDisposable
{
    private readonly ExporterFolder folder = new();
    private readonly RecordingStore store = new();
    private readonly ConfigReader reader;

    public HistogramTests() => reader = ExporterFolder.Open(folder.Add("histograms"));

    public void Dispose()
    {
        reader.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void EveryValueIsInItsBucket()
    {
        List<ulong> all = [];
        // Small ones, those at bounds, and those beside bounds.
        Gen<ulong> values = Gen.OneOf(Gen.ULong[0, 100], Gen.Select(Gen.Int[0, 19], Gen.Int[-1, 1]).Select((power, aside) => (ulong)((1L << power) + aside)), Gen.ULong[0, 500_000]);
        values.List[0, 30].Sample(
            added =>
            {
                added.ForEach(value => Array.ForEach<int>([10, 11, 12, 13], kind => TestEvents.Cause(kind, value)));
                all.AddRange(added);
                reader.Read(store);
                foreach ((string parity, ulong rest) in ((string, ulong)[])[("even", 0), ("odd", 1)])
                    Compare("sizes_bytes", parity, [.. all.Where(value => value % 2 == rest)], 0.001, value => value);
                Compare("depths", "", all, 1, _ => 0);
                Compare("backlog", "", all, 1, value => value / 50, 50);
                Compare("classes", "", all, 10, value => value);
            },
            iter: 60,
            threads: 1);
        Assert.Equal([5.0 * 10, 20 * 10, 100 * 10], store.Histogram("classes")[""].Bounds.UpperBounds);
        Assert.Equal(Enumerable.Range(0, 11).Select(bucket => bucket * 50.0), store.Histogram("backlog")[""].Bounds.UpperBounds);
        Assert.Equal([0, 1, 2, 4, 8], store.Histogram("depths")[""].Bounds.UpperBounds.Take(5));
    }

    /// <param name="name">Of the histogram.</param>
    /// <param name="labels">Of the series.</param>
    /// <param name="values">That were caused.</param>
    /// <param name="scale">A value times this is in the unit of the bounds.</param>
    /// <param name="part">What the programs add to the sum.</param>
    /// <param name="sumScale">The multiplier of the configuration, if it is another one.</param>
    private void Compare(string name, string labels, List<ulong> values, double scale, Func<ulong, ulong> part, double? sumScale = null)
    {
        if (values.Count == 0)
            return;
        (Bounds bounds, ulong[] counts) = store.Histogram(name)[labels];
        ulong below = 0;
        for (int bucket = 0; bucket < bounds.UpperBounds.Count; bucket++)
        {
            below += counts[bucket];
            // What is above all bounds is counted in the last bucket: the programs see to it.
            int expected = bucket == bounds.UpperBounds.Count - 1 ? values.Count : values.Count(value => value * scale <= bounds.UpperBounds[bucket] * (1 + 1e-12));
            Assert.True((ulong)expected == below, $"{name} {labels}: {below} values up to {bounds.UpperBounds[bucket]}, and not {expected}");
        }

        Assert.Equal(sumScale ?? scale, bounds.SumScale);
        Assert.Equal(values.Aggregate(0ul, (sum, value) => sum + part(value)), counts[^1]);
    }
}
