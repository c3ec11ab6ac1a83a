using System.Text;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.EbpfExporter.Decoders;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>Reads a configuration of ebpf_exporter 2, strictly: what is not supported here is an error where it stands.</summary>
internal static class ExporterFile
{
    /// <summary>Before all names of metrics, as ebpf_exporter has it.</summary>
    public const string Prefix = "ebpf_exporter_";

    private const string CounterEnding = "_total";
    /// <summary>Of a label whose size is missing or wrong.</summary>
    public const int UnknownSize = 0;

    private const int LongestName = 128, LongestHelp = 160, MostLabels = 12, MostLabelNameBytes = 300, LongestKey = 512;
    private static readonly string[] DerivedEndings = [CounterEnding, "_bucket", "_count", "_sum"];
    private static readonly string[] ReservedLabels = ["host", "le", "quantile"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConfigurationException">Carries every problem.</exception>
    public static ExporterConfig Load(string path) => Parse(path, File.ReadAllText(path));

    /// <summary>Reads text that came from a file.</summary>
    /// <exception cref="ConfigurationException">Carries every problem.</exception>
    public static ExporterConfig Parse(string path, string text)
    {
        ConfigurationDocument document = ConfigurationDocument.Parse(path, text);
        ConfigurationSection root = document.Root;
        if (root.Has("programs"))
            root.Report("programs", "this is the format of ebpf_exporter 1, which has C code for BCC; a file of version 2 has metrics here and NAME.bpf.o beside it");
        ReportUnsupported(root, "tracing", "cgroup_id_map");
        IReadOnlyList<string> symbols = root.Texts("kaddrs");
        ConfigurationSection metrics = root.Section("metrics");
        List<ExporterMetric> read =
        [
            .. metrics.Sections("counters").Select(section => ReadCounter(section, path)),
            .. metrics.Sections("histograms").Select(section => ReadHistogram(section, path)),
        ];
        if (read.Count == 0)
            root.Report("metrics", "there are neither counters nor histograms: nothing would be read");
        foreach (IGrouping<string, ExporterMetric> same in read.GroupBy(metric => metric.Metric.Name).Where(group => group.Count() > 1))
            metrics.Report(read.First(metric => metric.Metric.Name == same.Key).Buckets is null ? "counters" : "histograms", $"{same.Key} is there {same.Count()} times");
        document.Complete();
        return new ExporterConfig(Path.GetFileNameWithoutExtension(path), path, read) { KernelSymbols = symbols };
    }

    private static ExporterMetric ReadCounter(ConfigurationSection section, string path)
    {
        ReportUnsupported(section, "perf_event_array", "flush_interval", "values");
        string map = ReadName(section);
        KeyLayout layout = ReadLayout(section, out _);
        string name = map.EndsWith(CounterEnding, StringComparison.Ordinal) ? map : map + CounterEnding;
        return new ExporterMetric(map, Place(section, path), SlotMetrics.Counter(Prefix + name, ReadHelp(section)), layout, null);
    }

    private static ExporterMetric ReadHistogram(ConfigurationSection section, string path)
    {
        string map = ReadName(section);
        if (DerivedEndings.FirstOrDefault(ending => map.EndsWith(ending, StringComparison.Ordinal)) is { } derived)
            section.Report("name", $"Prometheus makes names that end in {derived} out of those of histograms: none can be called so itself");
        KeyLayout whole = ReadLayout(section, out ExporterLabel? last);
        if (last is null)
            section.Report("labels", "the last label of a histogram is the number of the bucket: there has to be one");
        else if (last.Decoders is not [{ Name: DecoderKinds.Number }])
            section.Report("labels", $"the last label of a histogram is the number of the bucket: {DecoderKinds.Number} has to be its only decoder");
        KeyLayout layout = new([.. whole.Labels.SkipLast(1)], whole.Size);
        BucketKeys buckets = BucketSections.Read(section, last);
        Metric metric = SlotMetrics.Histogram(Prefix + map, ReadHelp(section));
        metric.LogLinear = null;
        metric.Bounds = new Bounds { SumScale = buckets.Multiplier, UpperBounds = { buckets.Bounds } };
        return new ExporterMetric(map, Place(section, path), metric, layout, buckets);
    }

    private static string ReadName(ConfigurationSection section)
    {
        string name = section.RequiredText("name");
        if (name.Length > 0 && (!IsName(name) || name.Length > LongestName - Prefix.Length - CounterEnding.Length))
            section.Report("name", $"'{name}' is no name of letters, digits and underscores, with at most {LongestName - Prefix.Length - CounterEnding.Length} of them");
        return name;
    }

    /// <summary>The start of a longer one.</summary>
    private static string ReadHelp(ConfigurationSection section)
    {
        string help = section.RequiredText("help");
        while (Encoding.UTF8.GetByteCount(help) > LongestHelp)
            help = help[..^1];
        return help;
    }

    private static KeyLayout ReadLayout(ConfigurationSection section, out ExporterLabel? last)
    {
        List<ExporterLabel> labels = [];
        int offset = 0;
        foreach (ConfigurationSection part in section.Sections("labels"))
        {
            string name = part.RequiredText("name");
            if (name.Length > 0 && (!IsName(name) || ReservedLabels.Contains(name) || name.StartsWith("__", StringComparison.Ordinal) || labels.Any(label => label.Name == name)))
                part.Report("name", $"'{name}' is no name for a label of its own: letters, digits and underscores, none of {string.Join(", ", ReservedLabels)}, and once only");
            int size = part.Has("size") ? part.Integer("size", UnknownSize, 1, LongestKey) : UnknownSize;
            if (!part.Has("size"))
                part.Report("size", "is missing: the bytes of the key that this label is made of");
            labels.Add(new ExporterLabel(name, offset, size, DecoderSections.Read(part, size)));
            offset += size + part.Integer("padding", 0, 0, LongestKey);
        }

        if (offset > LongestKey || labels.Count > MostLabels || labels.Sum(label => Encoding.UTF8.GetByteCount(label.Name)) > MostLabelNameBytes)
            section.Report("labels", $"at most {MostLabels} labels can be read, with names of {MostLabelNameBytes} bytes together, from a key of {LongestKey} bytes");
        last = labels.LastOrDefault();
        return new KeyLayout(labels, offset);
    }

    private static void ReportUnsupported(ConfigurationSection section, params string[] keys)
    {
        foreach (string key in keys.Where(section.Has))
            section.Report(key, "ebpf_exporter knows this, but it is not supported here");
    }

    private static string Place(ConfigurationSection section, string path) => $"{path}:{section.Position.Line}:{section.Position.Column}";

    private static bool IsName(string name) => !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
