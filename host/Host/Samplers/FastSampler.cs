using OppTel.Bpf;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// Readings of a few slots by a clock, those that are configured and those that a DPU asks for: those of a CPU by its own, those of the
/// host by that of the first CPU. Source: bpf/samplers/fast.bpf.c.
/// </summary>
internal static class FastSampler
{
    /// <summary>Its name; what it samples is configured under the key of that name.</summary>
    public const string Name = "fast";

    private const string Variable = "opptel_fast_slot";

    /// <summary>The sampler, by clocks on maps of the packet path.</summary>
    public static Sampler Define(FastClocks clocks) => new(
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
        // Without clocks, boosts do what they can.
        IsOptional = !clocks.IsConfigured,
        Attach = clocks.Attach,
        OpenReader = plan =>
        {
            clocks.Begin(plan);
            return new Reader(plan.Variables[Variable], clocks.Rings);
        },
    };

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
