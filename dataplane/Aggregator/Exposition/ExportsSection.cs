using OppTel.Exports;
using OppTel.Exports.Push;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition that tells of the exports.</summary>
internal static class ExportsSection
{
    /// <summary>Writes what each target got; nothing where there is none.</summary>
    public static void Write(MetricWriter writer, IReadOnlyList<PushCounters> targets)
    {
        if (targets.Count == 0)
            return;
        ForEach(writer, Families.ExportSent, targets, target => target.Sent);
        ForEach(writer, Families.ExportRefused, targets, target => target.Refused);
        ForEach(writer, Families.ExportDropped, targets, target => target.Dropped);
        writer.Begin(Families.ExportRequests);
        foreach (PushCounters target in targets)
        {
            writer.Sample(target.Requests - target.Failures, ("target", target.Target), ("kind", target.Kind), ("outcome", "success"));
            writer.Sample(target.Failures, ("target", target.Target), ("kind", target.Kind), ("outcome", "failure"));
        }

        ForEach(writer, Families.ExportQueue, targets, target => target.Waiting);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        ForEach(writer, Families.ExportLastSuccess, [.. targets.Where(target => target.LastSuccess is not null)], target => Math.Max(0, (now - target.LastSuccess!.Value).TotalSeconds));
    }

    private static void ForEach(MetricWriter writer, MetricFamily family, IReadOnlyList<PushCounters> targets, Func<PushCounters, double> value)
    {
        writer.Begin(family);
        foreach (PushCounters target in targets)
            writer.Sample(value(target), ("target", target.Target), ("kind", target.Kind));
    }
}
