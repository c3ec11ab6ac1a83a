using Microsoft.Extensions.Logging;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Triggers;
using OppTel.Triggers.Actions;
using OppTel.Triggers.Rules;

namespace OppTel.Aggregator;

/// <summary>The triggers of a running aggregator.</summary>
internal static class TriggerSetup
{
    /// <summary>Prepares them; nothing is evaluated yet.</summary>
    /// <param name="configuration">The triggers.</param>
    /// <param name="receiver">Hosts and series.</param>
    /// <param name="boosts">Takes wishes to the beacons.</param>
    /// <param name="anomalies">Which anomalies last.</param>
    /// <param name="history">Writes the recorder's history; null when nothing is recorded.</param>
    /// <param name="logger">Is told of each action that fails.</param>
    /// <param name="failed">Is told when the evaluating thread ends by an exception.</param>
    public static TriggerRunner Create(
        TriggersConfiguration configuration,
        Receiver receiver,
        BoostBook boosts,
        AnomalyService anomalies,
        IHistoryDump? history,
        ILogger<TriggerRunner> logger,
        Action<Exception> failed) =>
        new(configuration, new TriggerSurroundings(
            receiver,
            boosts,
            anomalies.Enabled ? new OpenAnomalies(anomalies.Engine) : null,
            history,
            () => Boottime.Now,
            (trigger, action, error) => logger.LogWarning("trigger '{Trigger}': {Action} failed: {Error}", trigger, action, error),
            exception =>
            {
                logger.LogCritical(exception, "the thread that evaluates triggers failed");
                failed(exception);
            }));
}
