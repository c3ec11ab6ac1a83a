using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Actions;

/// <summary>Waits for the time after the event, then has the recorder's history around it written.</summary>
/// <param name="rule">How much.</param>
/// <param name="history">Writes it.</param>
internal sealed class DumpAction(DumpRule rule, IHistoryDump history) : ITriggerAction
{
    public string Kind => rule.Kind;

    public async Task Run(TriggerEvent happened, CancellationToken cancellation)
    {
        await Task.Delay(rule.After, cancellation).ConfigureAwait(false);
        ulong time = happened.Firing.Time, before = (ulong)rule.Before.Ticks * 100;
        happened.Dump = await history.Write(
            happened.Firing.Host, happened.Trigger, time > before ? time - before : 0, time + ((ulong)rule.After.Ticks * 100), cancellation).ConfigureAwait(false);
    }
}
