using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Triggers;

namespace OppTel.Aggregator.Exposition;

/// <summary>What triggers did; nothing where there are none.</summary>
internal static class TriggerSection
{
    /// <summary>Writes the counts of all triggers.</summary>
    public static void Write(MetricWriter writer, TriggerRunner triggers)
    {
        IReadOnlyList<TriggerStatus> all = triggers.Status;
        if (all.Count == 0)
            return;
        ForEach(writer, Families.TriggerFired, all, trigger => trigger.Counts.Fired);
        ForEach(writer, Families.TriggerSuppressed, all, trigger => trigger.Counts.Suppressed);
        ForEach(writer, Families.TriggerHostsLeftOut, all, trigger => trigger.Counts.HostsLeftOut);
        writer.Begin(Families.TriggerState);
        foreach (TriggerStatus trigger in all)
            writer.Sample(1, ("trigger", trigger.Name), ("state", Spelling.SnakeCase($"{trigger.Counts.Phase}")));
        writer.Begin(Families.TriggerActions);
        foreach (TriggerStatus trigger in all)
        {
            foreach (IGrouping<string, ActionStatus> kind in trigger.Actions.GroupBy(action => action.Kind))
            {
                WriteActions(writer, trigger, kind, "done", action => action.Done);
                WriteActions(writer, trigger, kind, "failed", action => action.Failed);
                WriteActions(writer, trigger, kind, "dropped", action => action.Dropped);
            }
        }

        writer.Begin(Families.TriggerSeries);
        writer.Sample(triggers.Engine.Watched);
        writer.Begin(Families.TriggerSeriesLeftOut);
        writer.Sample(triggers.Engine.LeftOut);
    }

    private static void WriteActions(
        MetricWriter writer, TriggerStatus trigger, IGrouping<string, ActionStatus> kind, string outcome, Func<ActionStatus, ulong> count) =>
        writer.Sample(kind.Sum(action => (double)count(action)), ("trigger", trigger.Name), ("action", kind.Key), ("outcome", outcome));

    private static void ForEach(MetricWriter writer, MetricFamily family, IReadOnlyList<TriggerStatus> triggers, Func<TriggerStatus, ulong> value)
    {
        writer.Begin(family);
        foreach (TriggerStatus trigger in triggers)
            writer.Sample(value(trigger), ("trigger", trigger.Name));
    }
}
