namespace OppTel.Triggers;

/// <summary>One trigger as it is now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Counts">What it has done.</param>
/// <param name="Actions">Its actions.</param>
public sealed record TriggerStatus(string Name, TriggerCounts Counts, IReadOnlyList<ActionStatus> Actions);

/// <summary>One action of a trigger.</summary>
/// <param name="Kind">The configuration's key.</param>
/// <param name="Done">Times that it was done.</param>
/// <param name="Failed">Times that it failed for good.</param>
/// <param name="Dropped">Times that its queue was full.</param>
/// <param name="LastError">Why it failed last; null for never.</param>
public sealed record ActionStatus(string Kind, ulong Done, ulong Failed, ulong Dropped, string? LastError);
