using OppTel.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers.Gpu;

/// <summary>Something that a device may tell.</summary>
/// <param name="Read">Its raw value; null when the device does not support it.</param>
/// <param name="Define">The metric, with the device's labels.</param>
internal sealed record GpuMetric(Func<Nvml, nint, ulong?> Read, Func<(string Name, string Value)[], Metric> Define)
{
    private const string How = ", from NVML ten times a second.";
    private const double Percent = 0.01, Thousandth = 0.001, Kilobyte = 1000, Kibibyte = 1024;

    /// <summary>Selectors of nvmlDeviceGetPcieThroughput, and fields of nvmlDeviceGetFieldValues.</summary>
    private const uint PcieSent = 0, PcieReceived = 1, NvlinkSent = 138, NvlinkReceived = 139;

    /// <summary>All that is asked.</summary>
    public static IReadOnlyList<GpuMetric> All { get; } =
    [
        new(
            (nvml, device) => nvml.Number32("nvmlDeviceGetUtilizationRates", device),
            labels => Gauge("hw_gpu_utilization_ratio", $"Share of time in which a kernel ran on a GPU{How}", Percent, [.. labels, ("hw_gpu_task", "compute")])),
        new(
            (nvml, device) => nvml.Number32("nvmlDeviceGetUtilizationRates", device, position: 1),
            labels => Gauge("hw_gpu_utilization_ratio", $"Share of time in which a kernel ran on a GPU{How}", Percent, [.. labels, ("hw_gpu_task", "memory")])),
        new(
            (nvml, device) => nvml.Number64("nvmlDeviceGetMemoryInfo", device),
            labels => Gauge("hw_gpu_memory_limit_bytes", $"Memory of a GPU{How}", 1, labels)),
        new(
            (nvml, device) => nvml.Number64("nvmlDeviceGetMemoryInfo", device, position: 2),
            labels => Gauge("hw_gpu_memory_usage_bytes", $"Memory of a GPU that is in use{How}", 1, labels)),
        new(
            (nvml, device) => nvml.Number32("nvmlDeviceGetPowerUsage", device),
            labels => Gauge("hw_power_watts", $"Power that a GPU draws{How}", Thousandth, labels)),
        new(
            (nvml, device) => nvml.Number64("nvmlDeviceGetTotalEnergyConsumption", device),
            labels => Counter("hw_energy_joules_total", $"Energy that a GPU has used since its driver was loaded{How}", Thousandth, labels)),
        new(
            (nvml, device) => nvml.Selected32("nvmlDeviceGetTemperature", device, 0),
            labels => Gauge("hw_temperature_celsius", $"Temperature of a GPU's die{How}", 1, labels)),
        new((nvml, device) => nvml.Selected32("nvmlDeviceGetPcieThroughput", device, PcieSent), labels => Pcie(labels, "transmit")),
        new((nvml, device) => nvml.Selected32("nvmlDeviceGetPcieThroughput", device, PcieReceived), labels => Pcie(labels, "receive")),
        new((nvml, device) => nvml.Field(device, NvlinkSent), labels => Nvlink(labels, "transmit")),
        new((nvml, device) => nvml.Field(device, NvlinkReceived), labels => Nvlink(labels, "receive")),
    ];

    private static Metric Pcie((string Name, string Value)[] labels, string direction) =>
        Gauge("opptel_gpu_pcie_bytes_per_second", $"Bytes over a GPU's PCIe link, over the driver's last 20 ms{How}", Kilobyte, [.. labels, ("network_io_direction", direction)]);

    private static Metric Nvlink((string Name, string Value)[] labels, string direction) =>
        Counter("opptel_gpu_nvlink_bytes_total", $"Bytes over all of a GPU's NVLinks{How}", Kibibyte, [.. labels, ("network_io_direction", direction)]);
}
