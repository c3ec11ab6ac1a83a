namespace OppTel.Host.Samplers;

/// <summary>Whether this machine counts an event.</summary>
/// <param name="Event">Its name.</param>
/// <param name="Refusal">Why it does not; empty when it does.</param>
public sealed record PerfEventVerdict(string Event, string Refusal);
