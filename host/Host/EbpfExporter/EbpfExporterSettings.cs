using OppTel.Configuration;

namespace OppTel.Host.EbpfExporter;

/// <summary>Configurations of ebpf_exporter as sources.</summary>
/// <param name="Interval">Time from one reading of all maps to the next.</param>
/// <param name="Slots">Slots of all their series together.</param>
/// <param name="Expire">A key that has not been in its map for this long is given up.</param>
public sealed record EbpfExporterSettings(TimeSpan Interval, int Slots, TimeSpan Expire)
{
    private const string Key = "ebpf_exporter", Configs = "configs";
    private const int MostConfigs = 64;

    /// <summary>The files.</summary>
    internal IReadOnlyList<ExporterConfig> Files { get; init; } = [];

    /// <summary>Names of all metrics.</summary>
    internal IEnumerable<string> MetricNames => Files.SelectMany(file => file.Metrics).Select(metric => metric.Metric.Name);

    /// <summary>Reads the key "ebpf_exporter" and the files that it names; null when it is not there.</summary>
    internal static EbpfExporterSettings? Read(ConfigurationSection root)
    {
        if (!root.Has(Key))
            return null;
        ConfigurationSection section = root.Section(Key);
        IReadOnlyList<string> paths = section.Texts(Configs);
        if (paths.Count > MostConfigs)
            section.Report(Configs, $"there are {paths.Count}, and can be {MostConfigs}");
        List<ExporterConfig> files = [.. paths.Select(path => ReadFile(section, path)).OfType<ExporterConfig>()];
        foreach (IGrouping<string, ExporterConfig> same in files.GroupBy(file => file.Name).Where(group => group.Count() > 1))
            section.Report(Configs, $"two files have the name {same.Key}: {string.Join(", ", same.Select(file => file.File))}");
        EbpfExporterSettings settings = new(
            section.Duration("interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            section.Integer("slots", 8192, 1, 32768),
            section.Duration("expire", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)))
        {
            Files = files,
        };
        foreach (IGrouping<string, string> same in settings.MetricNames.GroupBy(name => name).Where(group => group.Count() > 1))
            section.Report(Configs, $"{same.Key} is a metric of several of these files");
        return settings;
    }

    private static ExporterConfig? ReadFile(ConfigurationSection section, string path)
    {
        if (!Path.IsPathRooted(path) || Path.GetExtension(path) is not (".yaml" or ".yml"))
        {
            section.Report(Configs, $"'{path}' is no absolute path of a file NAME.yaml");
            return null;
        }

        try
        {
            return ExporterFile.Load(path);
        }
        catch (ConfigurationException exception)
        {
            section.Include(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            section.Report(Configs, $"cannot read {path}: {exception.Message}");
        }

        return null;
    }
}
