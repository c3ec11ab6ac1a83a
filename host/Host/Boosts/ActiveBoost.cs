namespace OppTel.Host.Boosts;

/// <summary>A metric that is read more often now.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Interval">From one reading to the next.</param>
/// <param name="Until">CLOCK_BOOTTIME ns when it ends, unless the DPU asks again.</param>
public sealed record ActiveBoost(string Metric, TimeSpan Interval, ulong Until);
