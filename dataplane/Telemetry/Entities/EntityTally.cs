namespace OppTel.Telemetry.Entities;

/// <summary>
/// Which executables and cgroups use the CPU, over all that ever passed through, and how many different entities there are: in fixed memory for
/// each host. It looks at the series once a second, on a thread that is not the drain thread; an ended entity's last value is still there.
/// </summary>
/// <param name="table">All series.</param>
public sealed class EntityTally(SeriesTable table)
{
    /// <summary>Hosts beyond have none.</summary>
    private const int MostHosts = 1024;

    private readonly Dictionary<Series, KnownSeries> known = [];
    private readonly Dictionary<string, HostTally> hosts = [];
    private EntityCounts[] published = [];
    private ulong looks;

    /// <summary>One for each host, as of the last look.</summary>
    public IReadOnlyList<EntityCounts> Counts => Volatile.Read(ref published);

    /// <summary>Takes what changed since the last look.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    public void Look(ulong now)
    {
        looks++;
        foreach (HostTally host in hosts.Values)
            host.Advance(now);
        foreach (Series series in table.Snapshot)
        {
            if (series.TryRead(out SeriesValue value))
                Take(series, value, now);
        }

        Forget();
        Volatile.Write(ref published, [.. hosts.Select(host => host.Value.ToCounts(host.Key))]);
    }

    private void Take(Series series, in SeriesValue value, ulong now)
    {
        if (!known.TryGetValue(series, out KnownSeries? last))
        {
            if (!hosts.TryGetValue(series.Host.Name, out HostTally? host))
            {
                if (hosts.Count == MostHosts)
                    return;
                hosts.Add(series.Host.Name, host = new HostTally(now));
            }

            known.Add(series, last = new KnownSeries(series, host));
            host.SeriesKept++;
        }

        last.Look = looks;
        last.Take(value);
    }

    private void Forget()
    {
        foreach ((Series series, KnownSeries last) in known)
        {
            // Removal while enumerating is allowed for dictionaries.
            if (last.Look != looks && known.Remove(series))
                last.Host.SeriesKept--;
        }

        foreach ((string name, HostTally host) in hosts)
        {
            if (host.SeriesKept == 0)
                hosts.Remove(name);
        }
    }
}
