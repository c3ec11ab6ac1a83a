namespace OppTel.Exports.Push;

/// <summary>What there is to be exported.</summary>
public sealed class MetricSource
{
    /// <summary>Writes everything as of now; called by several threads at once.</summary>
    public required Action<MetricWriter> Compose { get; init; }

    /// <summary>Names of the families that the aggregator itself defines.</summary>
    public required IReadOnlySet<string> OwnFamilies { get; init; }

    /// <summary>When a family that is known to begin at 0 began, in nanoseconds of Unix time; null for all others.</summary>
    public Func<string, long?> StartOf { get; init; } = _ => null;

    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }
}
