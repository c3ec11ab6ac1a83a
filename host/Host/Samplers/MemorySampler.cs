using System.Text;
using OppTel.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>
/// Memory, paging, reclaim and kills for lack of memory, of the host as a whole: from /proc/meminfo and /proc/vmstat, which sum up
/// what the kernel keeps in many places.
/// </summary>
internal static class MemorySampler
{
    private const string Variable = "opptel_memory_slot";
    private const string Source = ", read once a second from ";
    private const string State = "system_memory_state";
    private const double Kibibyte = 1024;

    /// <summary>A slot, and the line that it comes from.</summary>
    private sealed record Row(string Key, Metric Metric);

    private static readonly Row[] MemInfo =
    [
        Used("free", "MemFree"),
        Used("cached", "Cached"),
        Used("buffers", "Buffers"),
        Used("slab_reclaimable", "SReclaimable"),
        Used("slab_unreclaimable", "SUnreclaim"),
        Amount("system_memory_limit_bytes", "Memory of the machine", "MemTotal"),
        Amount("system_linux_memory_available_bytes", "Memory that new programs could have without swapping", "MemAvailable"),
        Amount("opptel_memory_dirty_bytes", "Memory that waits to be written to disk", "Dirty"),
        Amount("opptel_memory_writeback_bytes", "Memory that is being written to disk", "Writeback"),
        Amount("opptel_swap_limit_bytes", "Swap of the machine", "SwapTotal"),
        Amount("opptel_swap_free_bytes", "Swap that is free", "SwapFree"),
    ];

    private static readonly Row[] VmStat =
    [
        Count("opptel_paging_faults_total", "Page faults, major ones included", "pgfault"),
        Count("opptel_paging_major_faults_total", "Page faults that had to wait for a disk", "pgmajfault"),
        Count("system_paging_operations_total", "Pages that went to swap and came from it", "pswpin", ("system_paging_direction", "in")),
        Count("system_paging_operations_total", "Pages that went to swap and came from it", "pswpout", ("system_paging_direction", "out")),
        Count("opptel_reclaim_scanned_pages_total", "Pages that were looked at to be given back", "pgscan_kswapd", ("reclaimer", "kswapd")),
        Count("opptel_reclaim_scanned_pages_total", "Pages that were looked at to be given back", "pgscan_direct", ("reclaimer", "direct")),
        Count("opptel_reclaimed_pages_total", "Pages that were given back", "pgsteal_kswapd", ("reclaimer", "kswapd")),
        Count("opptel_reclaimed_pages_total", "Pages that were given back", "pgsteal_direct", ("reclaimer", "direct")),
        Count("opptel_oom_kills_total", "Processes that were killed for lack of memory", "oom_kill"),
    ];

    public static Sampler Definition { get; } = new(
        "memory", [], [], [new SlotBlock(Variable, [.. MemInfo.Concat(VmStat).Select(row => row.Metric)])])
    {
        OpenReader = plan => new Reader(plan.Variables[Variable]),
    };

    private static Row Used(string state, string key) =>
        new(key, Gauge("system_memory_usage_bytes", $"Memory by what it holds{Source}/proc/meminfo.", Kibibyte, (State, state)));

    private static Row Amount(string name, string what, string key) => new(key, Gauge(name, $"{what}{Source}/proc/meminfo.", Kibibyte));

    private static Row Count(string name, string what, string key, params (string Name, string Value)[] labels) =>
        new(key, Counter(name, $"{what}{Source}/proc/vmstat.", 1, labels));

    private sealed class Reader(uint firstSlot) : ISlotReader
    {
        private readonly Table memInfo = new("/proc/meminfo", MemInfo);
        private readonly Table vmStat = new("/proc/vmstat", VmStat);

        public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

        public void Read(ISlotStore store)
        {
            store.Store(firstSlot, memInfo.Read());
            store.Store(firstSlot + (uint)MemInfo.Length, vmStat.Read());
        }

        public void Dispose()
        {
            memInfo.Dispose();
            vmStat.Dispose();
        }
    }

    /// <summary>A file with a name and a number on each line. A kernel without swap has no lines for it: that is 0.</summary>
    private sealed class Table(string path, Row[] rows) : IDisposable
    {
        private readonly ProcFile file = new(path);
        private readonly byte[][] keys = [.. rows.Select(row => Encoding.ASCII.GetBytes(row.Key))];
        private readonly ulong[] values = new ulong[rows.Length];

        public ReadOnlySpan<ulong> Read()
        {
            ReadOnlySpan<byte> text = file.Read();
            while (text.Length > 0)
            {
                ReadOnlySpan<byte> line = ProcFile.TakeLine(ref text), name = ProcFile.TakeWord(ref line).TrimEnd((byte)':');
                for (int row = 0; row < keys.Length; row++)
                {
                    if (name.SequenceEqual(keys[row]))
                        values[row] = ProcFile.TakeNumber(ref line);
                }
            }

            return values;
        }

        public void Dispose() => file.Dispose();
    }
}
