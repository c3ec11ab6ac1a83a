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
        [],
        [
            new SlotBlock("opptel_disk_slot",
            [
                Counter("system_disk_io_bytes_total", Bytes, 1, (Direction, "read")),
                Counter("system_disk_io_bytes_total", Bytes, 1, (Direction, "write")),
                Counter("system_disk_operations_total", Operations, 1, (Direction, "read")),
                Counter("system_disk_operations_total", Operations, 1, (Direction, "write")),
            ]),
            new SlotBlock("opptel_disk_read_latency_slot", [Histogram("opptel_disk_latency_seconds", Latency, (Direction, "read"))]),
            new SlotBlock("opptel_disk_write_latency_slot", [Histogram("opptel_disk_latency_seconds", Latency, (Direction, "write"))]),
        ]);
}
