using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Host.Samplers.Gpu;

/// <summary>
/// Utilisation, memory, power and links of NVIDIA GPUs. NVML may take milliseconds for an answer: a thread of its own asks, and the
/// daemon takes what it has.
/// </summary>
internal static class GpuSampler
{
    /// <summary>Key in the configuration.</summary>
    public const string Name = "gpu";

    private const string Variable = "gpu";

    /// <summary>The sampler for the GPUs that are there now.</summary>
    /// <param name="library">Name or path of NVML.</param>
    public static Sampler Define(string library = Nvml.Library)
    {
        Nvml? nvml = null;
        try
        {
            nvml = Nvml.Open(library);
            List<(nint Device, GpuMetric Metric, OppTel.Catalog.Metric Definition)> slots = [.. nvml.Devices().SelectMany((device, index) => Slots(nvml, device, index))];
            return slots.Count > 0
                ? new Sampler(Name, [], [], [new SlotBlock(Variable, [.. slots.Select(slot => slot.Definition)])])
                {
                    OpenReader = plan => new GpuReader(nvml, plan.Variables[Variable], [.. slots.Select(slot => (slot.Device, slot.Metric))]),
                }
                : throw new OperatorException(ExitCode.Unavailable, $"{library} finds no GPU");
        }
        catch (Exception exception) when (exception is OperatorException or IOException)
        {
            nvml?.Dispose();
            OperatorException absent = exception as OperatorException ?? new OperatorException(ExitCode.Unavailable, exception.Message, exception);
            return new Sampler(Name, [], [], []) { OpenReader = _ => throw absent, IsOptional = true };
        }
    }

    /// <summary>What a device supports; the rest is not exported.</summary>
    private static IEnumerable<(nint Device, GpuMetric Metric, OppTel.Catalog.Metric Definition)> Slots(Nvml nvml, nint device, int index)
    {
        (string Name, string Value)[] labels =
        [
            ("gpu", index.ToString(CultureInfo.InvariantCulture)),
            ("hw_id", nvml.Text("nvmlDeviceGetUUID", device)),
            ("hw_name", nvml.Text("nvmlDeviceGetName", device)),
        ];
        return GpuMetric.All.Where(metric => metric.Read(nvml, device) is not null).Select(metric => (device, metric, metric.Define(labels)));
    }
}
