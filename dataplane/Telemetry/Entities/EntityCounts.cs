namespace OppTel.Telemetry.Entities;

/// <summary>What is counted without repetition.</summary>
public enum EntityKind
{
    /// <summary>Processes: process id, executable and cgroup.</summary>
    Process = 0,

    /// <summary>Executables' names.</summary>
    Executable = 1,

    /// <summary>Cgroups' paths.</summary>
    Cgroup = 2,

    /// <summary>Series: names with all labels.</summary>
    Series = 3,
}

/// <summary>Facts about <see cref="EntityKind"/>.</summary>
public static class EntityKinds
{
    /// <summary>Number of kinds.</summary>
    public const int Count = 4;
}

/// <summary>What the sketches of one host say.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Executables">Those that used the most CPU time, the heaviest first.</param>
/// <param name="Cgroups">Likewise.</param>
/// <param name="LastMinute">By <see cref="EntityKind"/>: how many different ones sent a record in the minute that ended last, about.</param>
/// <param name="All">Likewise, since the aggregator knows the host.</param>
public sealed record EntityCounts(
    string Host, IReadOnlyList<HeavyName> Executables, IReadOnlyList<HeavyName> Cgroups,
    IReadOnlyList<double> LastMinute, IReadOnlyList<double> All);

/// <summary>A name with the bounds of its CPU time, in seconds.</summary>
/// <param name="Name">Of an executable or a cgroup.</param>
/// <param name="Lower">It surely used as much.</param>
/// <param name="Upper">It did not use more.</param>
public readonly record struct HeavyName(string Name, double Lower, double Upper);
