namespace OppTel.Triggers.Rules;

/// <summary>One trigger.</summary>
/// <param name="Name">Unique.</param>
/// <param name="When">When it fires.</param>
/// <param name="HoldOff">After it fired for a host, it does not fire again for that host for so long.</param>
/// <param name="Actions">What it does, at least one thing.</param>
public sealed record TriggerRule(string Name, Condition When, TimeSpan HoldOff, IReadOnlyList<ActionRule> Actions);
