using OppTel.Bpf;

namespace OppTel.Host.Samplers;

/// <summary>
/// Keeps the events of each CPU open, and has them read where a CPU does not switch. The events of a CPU that goes offline are dead,
/// also when it comes back: they are opened anew, which takes CAP_PERFMON.
/// </summary>
internal sealed class PerfEventReader : ISlotReader
{
    private readonly IReadOnlyList<PerfEvent> events;
    private readonly BpfProgram program;
    private readonly BpfMap map;
    private readonly PerfCounter?[] counters = new PerfCounter?[BpfObject.PossibleCpus * PerfEvent.All.Count];

    /// <summary>Opens the events of all CPUs that run.</summary>
    /// <param name="events">Those that are counted, in the order of their slots.</param>
    /// <param name="verdicts">On all that were looked for.</param>
    /// <param name="program">Reads the events of the CPU that it runs on, and returns a bit for each that is alive.</param>
    /// <param name="map">Where programs find them: as many for each CPU as there could be.</param>
    public PerfEventReader(IReadOnlyList<PerfEvent> events, IReadOnlyList<PerfEventVerdict> verdicts, BpfProgram program, BpfMap map)
    {
        this.events = events;
        this.program = program;
        this.map = map;
        Verdicts = verdicts;
        // What does not open here does not at the first reading either, which says so.
        _ = Refresh();
    }

    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>What this machine counts, and why it does not count the rest.</summary>
    public IReadOnlyList<PerfEventVerdict> Verdicts { get; }

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        if (Refresh() is { } failure)
            throw new IOException(failure);
    }

    public void Dispose()
    {
        foreach (PerfCounter? counter in counters)
            counter?.Dispose();
    }

    /// <summary>Has each CPU read, and opens what is dead there. Returns the last failure, or null.</summary>
    private string? Refresh()
    {
        string? failure = null;
        for (int cpu = 0; cpu < BpfObject.PossibleCpus; cpu++)
        {
            if (program.RunOn(cpu) is not { } alive)
                continue;
            for (int number = 0; number < events.Count; number++)
            {
                if ((alive & (1 << number)) == 0 && !TryOpen(cpu, number, out string refusal))
                    failure = $"CPU {cpu} does not count {events[number].Name}: {refusal}";
            }
        }

        return failure;
    }

    private bool TryOpen(int cpu, int number, out string refusal)
    {
        int index = (cpu * PerfEvent.All.Count) + number;
        counters[index]?.Dispose();
        counters[index] = events[number].TryOpen(cpu, out refusal);
        if (counters[index] is not { } counter)
            return false;
        map.Update((uint)index, counter);
        return true;
    }
}
