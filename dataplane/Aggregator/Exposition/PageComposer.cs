using OppTel.Aggregator.Draining;
using OppTel.Exports;
using OppTel.Exports.Push;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;

namespace OppTel.Aggregator.Exposition;

/// <summary>Composes everything that the aggregator exposes, from published state; the drain thread does not notice.</summary>
/// <param name="drain">Publishes the dataplane's counters.</param>
/// <param name="receiver">Publishes hosts and series.</param>
/// <param name="silence">Silence after which a host's series are left out, in nanoseconds.</param>
/// <param name="sections">What the other parts say of themselves.</param>
internal sealed class PageComposer(DrainLoop drain, Receiver receiver, ulong silence, IReadOnlyList<Action<MetricWriter>> sections)
{
    private readonly SeriesOrder order = new();

    /// <summary>What the exports count; none until they are there.</summary>
    public IReadOnlyList<PushCounters> Exports { get; set; } = [];

    /// <summary>Writes all of it at once, for those who send it themselves.</summary>
    public void WriteAll(MetricWriter writer)
    {
        foreach (int _ in Write(writer))
        {
        }
    }

    /// <summary>Writes the state of this moment; halts after each entry, so that the page can be sent in pieces.</summary>
    /// <returns>Entries written so far.</returns>
    public IEnumerable<int> Write(MetricWriter writer)
    {
        ulong now = Boottime.Now;
        using SeriesSection series = new(order.Of(receiver.Series.Snapshot), now > silence ? now - silence : 0);
        AggregatorView view = drain.View;
        OwnSections.WriteDataplane(writer, view);
        OwnSections.WriteHosts(writer, receiver.Hosts);
        OwnSections.WriteAggregator(writer, view, receiver);
        foreach (Action<MetricWriter> section in sections)
            section(writer);
        ProcessSection.Write(writer);
        ExportsSection.Write(writer, Exports);
        int written = 0;
        foreach (SeriesEntry _ in series.Write(writer))
            yield return ++written;
        if (receiver.Series.Distributions is { } distributions)
        {
            foreach (Distribution _ in DistributionSection.Write(writer, distributions, now, silence))
                yield return ++written;
        }

        writer.End();
    }
}
