using System.Runtime.InteropServices;
using OppTel.Bpf;

namespace OppTel.Host.Samplers;

/// <summary>
/// Keeps the events of each CPU open, and has them read where a CPU does not switch. The events of a CPU that goes offline are dead,
/// also when it comes back: they are opened anew.
/// </summary>
/// <param name="events">Those that are counted, in the order of their slots.</param>
/// <param name="verdicts">On all that were looked for.</param>
/// <param name="program">Reads the events of the CPU that it runs on, and returns a bit for each that is alive.</param>
/// <param name="map">Where programs find them: as many for each CPU as there could be.</param>
internal sealed class PerfEventReader(IReadOnlyList<PerfEvent> events, IReadOnlyList<PerfEventVerdict> verdicts, BpfProgram program, BpfMap map) : ISlotReader
{
    private readonly PerfCounter?[] counters = new PerfCounter?[BpfObject.PossibleCpus * PerfEvent.All.Count];

    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>What this machine counts, and why it does not count the rest.</summary>
    public IReadOnlyList<PerfEventVerdict> Verdicts => verdicts;

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        string? failure = null;
        for (int cpu = 0; cpu < BpfObject.PossibleCpus; cpu++)
        {
            if (program.RunOn(cpu) is not { } alive)
                continue;
            for (int number = 0; number < events.Count; number++)
            {
                if ((alive & (1 << number)) == 0 && !TryOpen(cpu, number, out int error))
                    failure = $"CPU {cpu} does not count {events[number].Name}: perf_event_open: {Marshal.GetPInvokeErrorMessage(error)}";
            }
        }

        if (failure is not null)
            throw new IOException(failure);
    }

    public void Dispose()
    {
        foreach (PerfCounter? counter in counters)
            counter?.Dispose();
    }

    private bool TryOpen(int cpu, int number, out int error)
    {
        int index = (cpu * PerfEvent.All.Count) + number;
        counters[index]?.Dispose();
        counters[index] = PerfCounter.TryOpen(events[number].Type, events[number].Config, cpu, out error);
        if (counters[index] is not { } counter)
            return false;
        map.Update((uint)index, counter);
        return true;
    }
}
