using OppTel.Bpf;
using OppTel.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>Requests to disks. Source: bpf/samplers/disk.bpf.c; slots in the order of <c>enum opptel_disk_slot</c>.</summary>
internal static class DiskSampler
{
    private const string Direction = "disk_io_direction";
    private const string Latency = "Time from the making of a request to a disk to its completion.";

    /// <summary>Groups of operations, as the kernel accounts them.</summary>
    private static readonly string[] Groups = ["read", "write", "discard", "flush"];

    public static Sampler Definition { get; } = new(
        "disk",
        ["opptel_disk_complete"],
        [
            new EntityPart(EntityKind.Disk, "opptel_disk_part",
            [
                .. Groups[..3].Select(Bytes),
                .. Groups.Select(Operations),
                .. Groups.Select(Time),
                .. Groups[..2].Select(group => Histogram("opptel_disk_latency_seconds", Latency, (Direction, group))),
            ]),
        ],
        []);

    private static Metric Bytes(string group) =>
        Counter("system_disk_io_bytes_total", "Bytes that a disk read, wrote and discarded.", 1, (Direction, group));

    private static Metric Operations(string group) =>
        Counter("system_disk_operations_total", "Requests that a disk completed.", 1, (Direction, group));

    private static Metric Time(string group) =>
        Counter("system_disk_operation_time_seconds_total", "Sum of the times that requests to a disk took, waits included.", Nanoseconds, (Direction, group));
}
