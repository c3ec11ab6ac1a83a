using System.Buffers.Text;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// What became of the packets that each CPU received in software: /proc/net/softnet_stat, of the whole machine in any network
/// namespace, whose counters have 32 bits and are continued here. Cost: 5 us ten times a second.
/// </summary>
internal static class SoftnetSampler
{
    /// <summary>Name of its slots: for each CPU those of <see cref="Columns"/>.</summary>
    public const string Variable = "softnet";

    private const string Source = "read from /proc/net/softnet_stat ten times a second.";

    /// <summary>Columns of the file, each 8 hexadecimal digits; the one behind them is the CPU's number.</summary>
    private const int Processed = 0, Dropped = 1, TimeSqueezed = 2, Backlog = 11, Cpu = 12, Width = 9;

    private static readonly int[] Columns = [Processed, Dropped, TimeSqueezed, Backlog];

    public static Sampler Definition { get; } = new(
        "softnet",
        [],
        [],
        [
            new SlotBlock(
                Variable,
                [
                    Counter("opptel_softnet_processed_packets_total", $"Packets that a CPU took from devices and from its backlog, {Source}"),
                    Counter("opptel_softnet_dropped_packets_total", $"Packets that found the backlog of a CPU full, {Source}"),
                    Counter("opptel_softnet_time_squeezes_total", $"Times that a CPU stopped receiving with work left, {Source}"),
                    Gauge("opptel_softnet_backlog_packets", $"Packets that wait in the backlog of a CPU, {Source}"),
                ],
                IsPerCpu: true),
        ])
    {
        OpenReader = plan => new Reader("/proc/net/softnet_stat", plan.Variables[Variable], OppTel.Bpf.BpfObject.PossibleCpus),
    };

    /// <summary>Reads the file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="firstSlot">Of CPU 0.</param>
    /// <param name="cpus">Possible CPUs; one that is offline has no line and keeps its values.</param>
    internal sealed class Reader(string path, uint firstSlot, int cpus) : ISlotReader
    {
        private readonly ProcFile file = new(path);
        private readonly ulong[] values = new ulong[cpus * Columns.Length];

        public TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(100);

        /// <inheritdoc/>
        public void Read(ISlotStore store)
        {
            for (ReadOnlySpan<byte> text = file.Read(); !text.IsEmpty;)
                Take(ProcFile.TakeLine(ref text));
            store.Store(firstSlot, values);
        }

        public void Dispose() => file.Dispose();

        private void Take(ReadOnlySpan<byte> line)
        {
            uint cpu = Number(line, Cpu);
            if (cpu >= cpus)
                throw new IOException($"{file.Path} has a line of CPU {cpu}, but {cpus} CPUs are possible");
            Span<ulong> own = values.AsSpan((int)cpu * Columns.Length, Columns.Length);
            for (int index = 0; index < Columns.Length; index++)
            {
                uint number = Number(line, Columns[index]);
                own[index] = Columns[index] == Backlog ? number : own[index] + (number - (uint)own[index]);
            }
        }

        private uint Number(ReadOnlySpan<byte> line, int column) =>
            line.Length >= ((column + 1) * Width) - 1 && Utf8Parser.TryParse(line.Slice(column * Width, Width - 1), out uint number, out _, 'x')
                ? number
                : throw new IOException($"{file.Path} has no column {column + 1}; it needs Linux 5.10");
    }
}
