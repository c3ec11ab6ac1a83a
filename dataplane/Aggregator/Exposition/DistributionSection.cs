using OppTel.Exports;
using OppTel.Sketches;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition with distributions: one family for each metric that has them.</summary>
internal static class DistributionSection
{
    /// <summary>Writes all that was counted since the start, and what the set itself counts.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="distributions">What to write.</param>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="silence">Silence after which a host's series are left out, in nanoseconds.</param>
    /// <returns>Each when it was written.</returns>
    public static IEnumerable<Distribution> Write(MetricWriter writer, DistributionSet distributions, ulong now, ulong silence)
    {
        Write(writer, Families.Distributions, distributions.Count);
        Write(writer, Families.DistributionBytes, distributions.Bytes);
        Write(writer, Families.DistributionsRefused, distributions.Refused);
        Write(writer, Families.DistributionValuesLost, distributions.Lost);
        ExponentialHistogram copy = new(Distribution.MaxBuckets);
        MetricFamily? family = null;
        foreach (Distribution distribution in distributions.Snapshot()
            .Where(entry => entry.Series.StateAt(now, silence) != SeriesState.Stale)
            .OrderBy(entry => entry.Series.Key, StringComparer.Ordinal))
        {
            distributions.CopyAll(distribution, copy);
            if (copy.Count == 0)
                continue;
            if (family != distribution.Family)
                writer.Begin(family = distribution.Family);
            writer.Histogram(copy, [], [.. distribution.Series.Labels.Select(label => (label.Key, label.Value))]);
            yield return distribution;
        }
    }

    private static void Write(MetricWriter writer, MetricFamily family, double value)
    {
        writer.Begin(family);
        writer.Sample(value);
    }
}
