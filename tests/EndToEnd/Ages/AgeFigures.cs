using System.Text.Json.Serialization;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>Ages of one metric in milliseconds: from each change to the arrival at the DPU of it, or of a newer one.</summary>
internal sealed record AgeQuantiles(
    [property: JsonPropertyName("changes")] int Changes,
    [property: JsonPropertyName("p50_ms")] double Median,
    [property: JsonPropertyName("p99_ms")] double P99,
    [property: JsonPropertyName("p999_ms")] double P999,
    [property: JsonPropertyName("max_ms")] double Greatest)
{
    /// <summary>Both in microseconds of one clock; changes that nothing has followed yet are left out.</summary>
    public static AgeQuantiles Of(IReadOnlyList<ulong> changes, IReadOnlyList<(ulong Arrival, ulong Value)> arrivals)
    {
        List<double> ages = [];
        // Who has a value knows of all changes before it.
        int next = 0;
        ulong known = 0;
        foreach ((ulong arrival, ulong value) in arrivals)
        {
            for (known = Math.Max(known, value); next < changes.Count && changes[next] <= known; next++)
                ages.Add((arrival - changes[next]) / 1e3);
        }

        ages.Sort();
        double At(double share) => ages.Count == 0 ? double.NaN : ages[Math.Min(ages.Count - 1, (int)(share * ages.Count))];
        return new AgeQuantiles(ages.Count, At(0.5), At(0.99), At(0.999), At(1));
    }
}

/// <summary>What one pattern of traffic made of ages.</summary>
/// <param name="Pattern">Its name.</param>
/// <param name="Steady">Of the metric that changes each millisecond.</param>
/// <param name="Rare">Of the one that does not.</param>
/// <param name="BoundMilliseconds">Maximum age of their class.</param>
/// <param name="Heartbeats">Per second.</param>
/// <param name="Carriers">Per second, heartbeats excluded.</param>
/// <param name="PauseMilliseconds">Longest time from one burst of packets to the next.</param>
/// <param name="GapMilliseconds">Longest time that the thread which sleeps for 1 ms was away: what this machine adds.</param>
internal sealed record AgeFigures(
    [property: JsonPropertyName("pattern")] string Pattern,
    [property: JsonPropertyName("steady")] AgeQuantiles Steady,
    [property: JsonPropertyName("rare")] AgeQuantiles Rare,
    [property: JsonPropertyName("bound_ms")] double BoundMilliseconds,
    [property: JsonPropertyName("heartbeats_per_second")] double Heartbeats,
    [property: JsonPropertyName("carriers_per_second")] double Carriers,
    [property: JsonPropertyName("longest_pause_ms")] double PauseMilliseconds,
    [property: JsonPropertyName("longest_gap_ms")] double GapMilliseconds);
