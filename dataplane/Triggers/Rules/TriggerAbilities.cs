namespace OppTel.Triggers.Rules;

/// <summary>What the rest of the aggregator offers to triggers.</summary>
/// <param name="Dumps">Whether there is a recorder that can be dumped.</param>
/// <param name="Anomalies">Whether anomalies are looked for.</param>
public readonly record struct TriggerAbilities(bool Dumps, bool Anomalies);
