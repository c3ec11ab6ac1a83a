using OppTel.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// CPU time by CPU and mode, context switches and forks. Only /proc/stat has them: what the kernel keeps of it, no program can reach
/// on kernels that do not export their data to BPF.
/// </summary>
internal static class CpuSampler
{
    private const string Variable = "opptel_cpu_slot";
    private const string HostVariable = "opptel_cpu_host_slot";

    /// <summary>USER_HZ, which is 100 on all architectures of today.</summary>
    private const double Tick = 0.01;

    /// <summary>Columns of a CPU's line, in their order.</summary>
    private static readonly string[] Modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

    public static Sampler Definition { get; } = new(
        "cpu",
        [],
        [],
        [
            new SlotBlock(Variable, [.. Modes.Select(Time)], IsPerCpu: true),
            new SlotBlock(HostVariable,
            [
                Counter("system_context_switches_total", "Context switches of all CPUs, read from /proc/stat once a second."),
                Counter("system_processes_created_total", "Processes and threads that were made, read from /proc/stat once a second."),
            ]),
        ])
    {
        OpenReader = plan => new Reader(plan.Variables[Variable], plan.Variables[HostVariable], OppTel.Bpf.BpfObject.PossibleCpus),
    };

    private static Metric Time(string mode) =>
        Counter("system_cpu_time_seconds_total", "Time that a CPU spent in a mode, read from /proc/stat once a second.", Tick, ("cpu_mode", mode));

    private sealed class Reader(uint firstSlot, uint hostSlot, int cpus) : ISlotReader
    {
        private readonly ProcFile file = new("/proc/stat");
        private readonly ulong[] times = new ulong[cpus * Modes.Length];
        private readonly ulong[] totals = new ulong[2];

        public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

        public void Read(ISlotStore store)
        {
            ReadOnlySpan<byte> text = file.Read();
            while (text.Length > 0)
            {
                ReadOnlySpan<byte> line = ProcFile.TakeLine(ref text), name = ProcFile.TakeWord(ref line);
                if (name.StartsWith("cpu"u8) && name.Length > 3)
                    TakeCpu(name[3..], line);
                else if (name.SequenceEqual("ctxt"u8))
                    totals[0] = ProcFile.TakeNumber(ref line);
                else if (name.SequenceEqual("processes"u8))
                    totals[1] = ProcFile.TakeNumber(ref line);
            }

            store.Store(firstSlot, times);
            store.Store(hostSlot, totals);
        }

        public void Dispose() => file.Dispose();

        /// <summary>A CPU that is offline has no line, and keeps what it had.</summary>
        private void TakeCpu(ReadOnlySpan<byte> number, ReadOnlySpan<byte> line)
        {
            int cpu = (int)ProcFile.TakeNumber(ref number);
            for (int mode = 0; cpu < cpus && mode < Modes.Length; mode++)
                times[(cpu * Modes.Length) + mode] = ProcFile.TakeNumber(ref line);
        }
    }
}
