using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Commands;
using OppTel.Aggregator.Exposition;
using OppTel.Exports;
using OppTel.Exports.Push;
using OppTel.Segment;
using OppTel.Telemetry;

namespace OppTel.Aggregator;

/// <summary>Joins the exports to what they export.</summary>
internal static class ExportsSetup
{
    /// <summary>Everything that /metrics says goes to each target; what became of it goes to /metrics.</summary>
    public static PushExports Create(ExportsConfiguration configuration, MetricsPage page, Receiver receiver, ILogger<PushExports> logger)
    {
        HashSet<string> own = [.. Families.Names];
        long started = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
        MetricSource source = new()
        {
            Compose = writer => page.Compose(writer, Boottime.Now),
            OwnFamilies = own,
            // The dataplane may have counted before.
            StartOf = family => own.Contains(family) && !family.StartsWith("opptel_dataplane_", StringComparison.Ordinal) ? started : null,
            Version = VersionCommand.Version,
        };
        PushExports exports = PushExports.Create(configuration, source, receiver, MedianAge, () => Boottime.Now, logger);
        page.Exports = exports.Counters;
        return exports;
    }

    private static ulong? MedianAge(HostReceiver host)
    {
        Span<long> ages = stackalloc long[AgeHistogram.Buckets];
        host.Ages.AddRecentTo(ages);
        return (ulong?)AgeHistogram.Quantile(ages, 0.5);
    }
}
