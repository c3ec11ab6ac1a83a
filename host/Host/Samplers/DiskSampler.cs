using OppTel.Bpf;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>Reads and writes of block devices. Source: bpf/samplers/disk.bpf.c.</summary>
internal static class DiskSampler
{
    private const string Direction = "disk_io_direction";
    private const string Bytes = "Bytes that block devices read and wrote.";
    private const string Operations = "Reads and writes that block devices completed.";
    private const string Latency = "Time from the making of a request to a block device to its completion.";

    public static Sampler Definition { get; } = new(
        "disk",
        ["opptel_disk_complete"],
        new Dictionary<EntityKind, IReadOnlyList<OppTel.Catalog.Metric>>(),
        [
            new FixedBlock(FixedSlot.DiskReadBytes, Counter(9, "system_disk_io_bytes_total", Bytes, 1, (Direction, "read"))),
            new FixedBlock(FixedSlot.DiskWriteBytes, Counter(10, "system_disk_io_bytes_total", Bytes, 1, (Direction, "write"))),
            new FixedBlock(FixedSlot.DiskReads, Counter(11, "system_disk_operations_total", Operations, 1, (Direction, "read"))),
            new FixedBlock(FixedSlot.DiskWrites, Counter(12, "system_disk_operations_total", Operations, 1, (Direction, "write"))),
            new FixedBlock(FixedSlot.DiskReadLatency, Histogram(2000, "opptel_disk_latency_seconds", Latency, (Direction, "read"))),
            new FixedBlock(FixedSlot.DiskWriteLatency, Histogram(3000, "opptel_disk_latency_seconds", Latency, (Direction, "write"))),
        ]);
}
