namespace OppTel.Telemetry.Entities;

/// <summary>What the tally knows of a series since its last look.</summary>
internal sealed class KnownSeries
{
    private readonly EntityKind? kind;
    private readonly string name = "";
    private readonly ulong[] keys = new ulong[EntityKinds.Count];
    private double lastValue;
    private ulong lastUpdates;

    /// <summary>Of a series that was not known.</summary>
    public KnownSeries(Series series, HostTally host)
    {
        Host = host;
        keys[(int)EntityKind.Series] = TextKey.Of(series.Key);
        if (series.Family.Name == EntityMetrics.ProcessCpu)
        {
            kind = EntityKind.Executable;
            name = Label(series, "process_executable_name");
            // Two metrics of a process are one process.
            keys[(int)EntityKind.Process] = TextKey.Of(string.Join('\n', Label(series, "process_pid"), name, Label(series, "cgroup")));
            keys[(int)EntityKind.Executable] = TextKey.Of(name);
        }
        else if (series.Family.Name == EntityMetrics.CgroupCpu)
        {
            kind = EntityKind.Cgroup;
            name = Label(series, "cgroup");
            keys[(int)EntityKind.Cgroup] = TextKey.Of(name);
        }
    }

    /// <summary>Whose series it is.</summary>
    public HostTally Host { get; }

    /// <summary>The last look that found it.</summary>
    public ulong Look { get; set; }

    /// <summary>Takes what it is worth now.</summary>
    public void Take(in SeriesValue value)
    {
        if (value.Updates == lastUpdates)
            return;
        if (kind is { } entity)
        {
            // A counter that began again has counted all that it shows since.
            Host.AddCpuTime(entity, name, value.Value >= lastValue ? value.Value - lastValue : value.Value);
        }

        (lastValue, lastUpdates) = (value.Value, value.Updates);
        for (int index = 0; index < keys.Length; index++)
        {
            if (keys[index] != 0)
                Host.AddSeen((EntityKind)index, keys[index]);
        }
    }

    /// <summary>The series that stands for many has no entity's labels.</summary>
    private static string Label(Series series, string label) => series.IsOverflow
        ? Series.OverflowLabel
        : series.Labels.FirstOrDefault(entry => entry.Key == label).Value ?? "";
}
