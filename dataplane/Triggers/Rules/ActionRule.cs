using OppTel.Telemetry;

namespace OppTel.Triggers.Rules;

/// <summary>What a trigger does when it fires.</summary>
/// <param name="Kind">The configuration key, and a label.</param>
public abstract record ActionRule(string Kind);

/// <summary>Writes the recorder's history around the moment to a file.</summary>
/// <param name="Before">From so long before it.</param>
/// <param name="After">To so long after it.</param>
public sealed record DumpRule(TimeSpan Before, TimeSpan After) : ActionRule("dump");

/// <summary>Asks the host, through the beacons, to read metrics more often.</summary>
/// <param name="Metrics">Names of metrics.</param>
/// <param name="Interval">From one reading to the next.</param>
/// <param name="Duration">For how long.</param>
public sealed record BoostRule(IReadOnlyList<TextPattern> Metrics, TimeSpan Interval, TimeSpan Duration) : ActionRule("boost");

/// <summary>Posts what happened, as JSON.</summary>
/// <param name="Url">Where to.</param>
/// <param name="Timeout">Of one attempt.</param>
public sealed record WebhookRule(Uri Url, TimeSpan Timeout) : ActionRule("webhook");
