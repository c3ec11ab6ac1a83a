using System.Globalization;
using OppTel.Bpf;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// Readings of a few slots by a clock: those of a CPU by its own, those of the host by that of the first CPU. Source:
/// bpf/samplers/fast.bpf.c.
/// </summary>
internal static class FastSampler
{
    /// <summary>Its name; what it samples is configured under the key of that name.</summary>
    public const string Name = "fast";

    private const string Variable = "opptel_fast_slot";

    /// <summary>The sampler, on maps of the packet path.</summary>
    public static Sampler Define(FastSampling sampling, MappedArray<HostFast> rings) => new(
        Name,
        ["opptel_fast_tick"],
        [],
        [
            new SlotBlock(Variable,
            [
                Counter("opptel_fast_readings_total", "New values that the clock found, read once a second."),
                Counter("opptel_fast_overflows_total", "New values that the clock found and that did not leave as samples, read once a second."),
            ]),
        ])
    {
        Attach = program => [.. OnlineCpus.List().Select(cpu => program.AttachToClock(cpu, sampling.Interval))],
        OpenReader = plan =>
        {
            GiveSlots(sampling, plan, rings);
            return new Reader(plan.Variables[Variable], rings);
        },
    };

    /// <summary>Tells each CPU's clock which slots to read.</summary>
    private static void GiveSlots(FastSampling sampling, SlotPlan plan, MappedArray<HostFast> rings)
    {
        HashSet<uint> ids = [.. plan.Metrics.Where(planned => sampling.Metrics.Contains(planned.Metric.Name)).Select(planned => planned.Metric.Id)];
        int first = OnlineCpus.List()[0];
        foreach (PlannedBlock block in plan.Blocks)
        {
            int cpu = block.Labels.TryGetValue("cpu", out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : first;
            for (int slot = 0; slot < block.MetricIds.Count; slot++)
            {
                if (!ids.Contains(block.MetricIds[slot]))
                    continue;
                ref HostFast ring = ref rings[cpu];
                ring.Slot[(int)ring.Slots] = block.FirstSlot + (uint)slot;
                Volatile.Write(ref ring.Slots, ring.Slots + 1);
            }
        }
    }

    private sealed class Reader(uint firstSlot, MappedArray<HostFast> rings) : ISlotReader
    {
        public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

        public void Read(ISlotStore store)
        {
            (ulong readings, ulong overflows) = (0, 0);
            for (int cpu = 0; cpu < rings.Count; cpu++)
            {
                readings += Volatile.Read(ref rings[cpu].Readings);
                overflows += Volatile.Read(ref rings[cpu].Overflows);
            }

            store.Store(firstSlot, [readings, overflows]);
        }

        public void Dispose()
        {
        }
    }
}
