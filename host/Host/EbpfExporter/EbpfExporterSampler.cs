using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>Maps of others' BPF objects, as configurations of ebpf_exporter describe them: each is a sampler, so that one that fails costs no other.</summary>
internal static class EbpfExporterSampler
{
    /// <summary>What a configuration is called among samplers.</summary>
    public static string NameOf(ExporterConfig config) => $"ebpf_exporter/{config.Name}";

    /// <summary>A sampler for each configuration.</summary>
    public static IEnumerable<Sampler> Define(EbpfExporterSettings settings)
    {
        SlotBudget quota = new(settings.Slots);
        return settings.Files.Select(config => new Sampler(NameOf(config), [], [], []) { OpenReader = _ => new ConfigReader(config, settings, quota) });
    }
}
