using OppTel.Telemetry;
using OppTel.Triggers.Actions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers;

/// <summary>What triggers look at and work on.</summary>
/// <param name="Receiver">Hosts and series.</param>
/// <param name="Boosts">Takes wishes to the beacons.</param>
/// <param name="Anomalies">Which anomalies last; null when nobody looks for them.</param>
/// <param name="History">Writes the recorder's history; null without a recorder.</param>
/// <param name="Clock">The DPU's clock, in nanoseconds.</param>
/// <param name="ActionFailed">Is told the trigger, the action and why it failed; for any thread.</param>
/// <param name="Failed">Is told when the evaluating thread ends by an exception.</param>
public sealed record TriggerSurroundings(
    Receiver Receiver,
    BoostBook Boosts,
    IAnomalySource? Anomalies,
    IHistoryDump? History,
    Func<ulong> Clock,
    Action<string, string, string> ActionFailed,
    Action<Exception> Failed);
