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
    public static PushExports Create(ExportsConfiguration configuration, PageComposer composer, Receiver receiver, ILogger<PushExports> logger)
    {
        HashSet<string> own = [.. Families.Names];
        long started = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;
        MetricSource source = new()
        {
            Compose = composer.WriteAll,
            OwnFamilies = own,
            // The dataplane may have counted before.
            StartOf = family => own.Contains(family) && !family.StartsWith("opptel_dataplane_", StringComparison.Ordinal) ? started : null,
            Version = VersionCommand.Version,
        };
        PushExports exports = PushExports.Create(configuration, source, receiver, MedianAge, () => Boottime.Now, logger);
        composer.Exports = exports.Counters;
        return exports;
    }

    private static ulong? MedianAge(HostReceiver host) => host.Ages.LastMedian is >= 0 and var seconds ? (ulong)(seconds * 1e9) : null;
}
