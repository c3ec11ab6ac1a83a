using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Telemetry.Entities;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition with heavy hitters and numbers of different entities.</summary>
internal static class EntitySection
{
    /// <summary>Writes what the last look found.</summary>
    public static void Write(MetricWriter writer, IReadOnlyList<EntityCounts> hosts)
    {
        WriteTop(writer, Families.TopExecutables, "process_executable_name", hosts, host => host.Executables);
        WriteTop(writer, Families.TopCgroups, "cgroup", hosts, host => host.Cgroups);
        writer.Begin(Families.DistinctEntities);
        foreach (EntityCounts host in hosts)
        {
            foreach (EntityKind kind in Enum.GetValues<EntityKind>())
            {
                string label = Spelling.SnakeCase(kind.ToString());
                writer.Sample(Math.Round(host.LastMinute[(int)kind]), ("host", host.Host), ("entity", label), ("window", "60s"));
                writer.Sample(Math.Round(host.All[(int)kind]), ("host", host.Host), ("entity", label), ("window", "all"));
            }
        }
    }

    private static void WriteTop(
        MetricWriter writer, MetricFamily family, string label, IReadOnlyList<EntityCounts> hosts, Func<EntityCounts, IReadOnlyList<HeavyName>> top)
    {
        writer.Begin(family);
        foreach (EntityCounts host in hosts)
        {
            foreach (HeavyName entry in top(host))
            {
                writer.Sample(entry.Lower, ("host", host.Host), (label, entry.Name), ("bound", "lower"));
                writer.Sample(entry.Upper, ("host", host.Host), (label, entry.Name), ("bound", "upper"));
            }
        }
    }
}
