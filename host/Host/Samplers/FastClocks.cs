using System.Globalization;
using System.Runtime.ExceptionServices;
using OppTel.Bpf;
using OppTel.Host.Boosts;

namespace OppTel.Host.Samplers;

/// <summary>
/// The clocks that read slots between carriers, one for each CPU: always what is configured, and what is boosted for as long as that
/// lasts. A clock with nothing to read stands still.
/// </summary>
/// <param name="configured">What is always read; null for nothing.</param>
/// <param name="rings">Of each CPU.</param>
internal sealed class FastClocks(FastSampling? configured, MappedArray<HostFast> rings)
{
    private readonly List<BpfClock> clocks = [];
    private readonly Dictionary<int, List<uint>> always = [];

    /// <summary>Readings of each CPU.</summary>
    public MappedArray<HostFast> Rings => rings;

    /// <summary>Whether anything is always read.</summary>
    public bool IsConfigured => configured is not null;

    /// <summary>Whether any slot is read now.</summary>
    public bool IsReading { get; private set; }

    /// <summary>Attaches the program to the clock of each CPU that is online.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public IReadOnlyList<IDisposable> Attach(BpfProgram program)
    {
        foreach (int cpu in OnlineCpus.List())
            clocks.Add(program.AttachToStillClock(cpu));
        return clocks;
    }

    /// <summary>Whether a CPU has a clock.</summary>
    public bool Has(int cpu) => clocks.Exists(clock => clock.Cpu == cpu);

    /// <summary>Slots that the clock of a CPU takes besides those that it always reads.</summary>
    public int FreeSlots(int cpu) => HostMaps.FastSlots - always.GetValueOrDefault(cpu, []).Count;

    /// <summary>Begins to read what is configured.</summary>
    public void Begin(SlotPlan plan)
    {
        HashSet<uint> ids = [.. plan.Metrics.Where(planned => configured?.Metrics.Contains(planned.Metric.Name) == true).Select(planned => planned.Metric.Id)];
        int first = OnlineCpus.List()[0];
        foreach (PlannedBlock block in plan.Blocks)
        {
            int cpu = block.Labels.TryGetValue("cpu", out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : first;
            for (int slot = 0; slot < block.MetricIds.Count; slot++)
            {
                if (!ids.Contains(block.MetricIds[slot]))
                    continue;
                if (!always.TryGetValue(cpu, out List<uint>? slots))
                    always[cpu] = slots = [];
                slots.Add(block.FirstSlot + (uint)slot);
            }
        }

        Boost(TimeSpan.MaxValue, []);
    }

    /// <summary>Reads these slots besides what is configured, all at the shorter of the two intervals; it replaces what was boosted before.</summary>
    /// <param name="interval">From one reading to the next.</param>
    /// <param name="boosted">At most as many of a CPU as its clock takes.</param>
    /// <exception cref="BpfException">The kernel refused that a clock does so; the others do, and that one reads nothing that is boosted.</exception>
    public void Boost(TimeSpan interval, IReadOnlyList<ClockedSlot> boosted)
    {
        BpfException? refused = null;
        IsReading = false;
        foreach (BpfClock clock in clocks)
        {
            List<uint> own = always.GetValueOrDefault(clock.Cpu, []);
            List<uint> slots = [.. own, .. boosted.Where(slot => slot.Cpu == clock.Cpu).Select(slot => slot.Slot).Except(own)];
            try
            {
                // It does not run while its list changes.
                clock.Stop();
                Give(ref rings[clock.Cpu], slots);
                if (slots.Count == 0)
                    continue;
                TimeSpan period = slots.Count > own.Count ? interval : TimeSpan.MaxValue;
                clock.Start(own.Count > 0 && configured!.Interval < period ? configured.Interval : period);
                IsReading = true;
            }
            catch (BpfException exception)
            {
                refused ??= exception;
                // What is always read stands first: the list may end behind it while the clock runs.
                Volatile.Write(ref rings[clock.Cpu].Slots, (uint)Math.Min(own.Count, rings[clock.Cpu].Slots));
            }
        }

        if (refused is not null)
            ExceptionDispatchInfo.Throw(refused);
    }

    /// <summary>What nobody will take, because nothing is read any more, is counted.</summary>
    private static void Give(ref HostFast ring, List<uint> slots)
    {
        for (int index = 0; index < slots.Count; index++)
        {
            if (index >= ring.Slots || ring.Slot[index] != slots[index])
                ring.Last[index] = 0;
            ring.Slot[index] = slots[index];
        }

        Volatile.Write(ref ring.Slots, (uint)slots.Count);
        if (slots.Count > 0)
            return;
        ulong head = Volatile.Read(ref ring.Head), left = head - Interlocked.Exchange(ref ring.Tail, head);
        Interlocked.Add(ref ring.Overflows, left);
    }
}
