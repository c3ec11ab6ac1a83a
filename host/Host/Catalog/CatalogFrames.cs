using Google.Protobuf;
using OppTel.Bpf;
using OppTel.Catalog;

namespace OppTel.Host.Catalog;

/// <summary>Encodes catalog changes as protobuf messages that fit one control frame each.</summary>
/// <param name="host">The host's name, for the label "host".</param>
public sealed class CatalogFrames(string host)
{
    private const double NanosecondsToSeconds = 1e-9;

    private static readonly Metric[] Metrics =
    [
        Counter(1, "process_cpu_time_seconds_total", "CPU time of a process, from the scheduler's own account.", NanosecondsToSeconds),
        Counter(2, "process_context_switches_total", "Context switches of a process.", 1, ("process_context_switch_type", "voluntary")),
        Counter(3, "process_context_switches_total", "Context switches of a process.", 1, ("process_context_switch_type", "involuntary")),
        Counter(4, "opptel_process_runqueue_delay_seconds_total", "Time that a process was runnable but had no CPU.", NanosecondsToSeconds),
        Counter(5, "opptel_cgroup_cpu_time_seconds_total", "CPU time of the processes of a cgroup, without its children.", NanosecondsToSeconds),
        Counter(6, "opptel_cgroup_context_switches_total", "Context switches of the processes of a cgroup.", 1, ("context_switch_type", "voluntary")),
        Counter(7, "opptel_cgroup_context_switches_total", "Context switches of the processes of a cgroup.", 1, ("context_switch_type", "involuntary")),
        Counter(8, "opptel_cgroup_runqueue_delay_seconds_total", "Time that processes of a cgroup were runnable but had no CPU.", NanosecondsToSeconds),
    ];

    /// <summary>The messages of one change, in order; each is complete in itself.</summary>
    /// <param name="change">What changed.</param>
    /// <param name="maxPayload">Most bytes of a message.</param>
    public IReadOnlyList<byte[]> Encode(CatalogChange change, int maxPayload)
    {
        List<CatalogUpdate> parts = [NewPart(change)];
        if (change.IsWhole)
            parts[0].Metrics.AddRange(Metrics);
        int size = parts[0].CalculateSize();
        foreach (Block block in Blocks(change))
        {
            // Tag and length of a repeated field, and room for part numbers that grow by a byte.
            int need = block.CalculateSize() + 8;
            if (size + need > maxPayload)
            {
                parts.Add(NewPart(change));
                size = parts[^1].CalculateSize();
            }

            parts[^1].Blocks.Add(block);
            size += need;
        }

        for (int index = 0; index < parts.Count; index++)
            (parts[index].Part, parts[index].Parts) = ((uint)index, (uint)parts.Count);
        return [.. parts.Select(part => part.ToByteArray())];
    }

    private static IEnumerable<Block> Blocks(CatalogChange change)
    {
        foreach (Entity entity in change.Added)
        {
            Block block = new() { FirstSlot = entity.FirstSlot };
            block.MetricIds.AddRange(MetricIds(entity.Kind));
            block.Labels.Add(entity.Labels.ToDictionary());
            yield return block;
        }

        foreach (uint firstSlot in change.Removed)
        {
            Block block = new() { FirstSlot = firstSlot, Removed = true };
            block.MetricIds.AddRange(MetricIds(EntityKind.Process));
            yield return block;
        }
    }

    private static IEnumerable<uint> MetricIds(EntityKind kind) =>
        Metrics.Skip((int)kind * HostMaps.BlockSlots).Take(HostMaps.BlockSlots).Select(metric => metric.Id);

    private static Metric Counter(uint id, string name, string help, double scale, params (string Name, string Value)[] labels)
    {
        Metric metric = new()
        {
            Id = id,
            Name = name,
            Help = help,
            Kind = Metric.Types.Kind.Counter,
            Encoding = Metric.Types.Encoding.Unsigned,
            Scale = scale,
        };
        metric.Labels.Add(labels.ToDictionary(label => label.Name, label => label.Value));
        return metric;
    }

    // The largest part numbers there are, so that filling in the real ones never makes a message longer.
    private CatalogUpdate NewPart(CatalogChange change) => new()
    {
        Epoch = change.Epoch,
        BaseEpoch = change.BaseEpoch,
        Whole = change.IsWhole,
        Host = host,
        Part = ushort.MaxValue,
        Parts = ushort.MaxValue,
    };
}
