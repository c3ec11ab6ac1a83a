using OppTel.Catalog;
using OppTel.Host.EbpfExporter.Decoders;

namespace OppTel.Host.EbpfExporter;

/// <summary>One configuration of ebpf_exporter: what the maps of one BPF object mean.</summary>
/// <param name="Name">Name of the file without its ending.</param>
/// <param name="File">Path of the file.</param>
/// <param name="Metrics">One for each map that is read.</param>
internal sealed record ExporterConfig(string Name, string File, IReadOnlyList<ExporterMetric> Metrics)
{
    /// <summary>Symbols of the kernel whose addresses the programs read as constants kaddr_NAME.</summary>
    public IReadOnlyList<string> KernelSymbols { get; init; } = [];

    /// <summary>Where the object has to be.</summary>
    public string ObjectPath => Path.Combine(Path.GetDirectoryName(File)!, $"{Name}.bpf.o");
}

/// <summary>What one map becomes.</summary>
/// <param name="Map">Name of the map in the object.</param>
/// <param name="Place">Where it is configured, as file:line:column.</param>
/// <param name="Metric">A counter, or a histogram with bounds.</param>
/// <param name="Layout">How keys become labels.</param>
/// <param name="Buckets">How the end of a key becomes a bucket; null for counters.</param>
internal sealed record ExporterMetric(string Map, string Place, Metric Metric, KeyLayout Layout, BucketKeys? Buckets);

/// <summary>A part of a key that becomes a label.</summary>
/// <param name="Name">Of the label.</param>
/// <param name="Offset">Where in the key it begins.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Decoders">What is made of them, one behind the other.</param>
internal sealed record ExporterLabel(string Name, int Offset, int Size, IReadOnlyList<Decoder> Decoders)
{
    /// <summary>The label's value for a key; null for a key that is not to be shown.</summary>
    public string? Decode(ReadOnlySpan<byte> key, DecoderContext context)
    {
        byte[]? value = key.Slice(Offset, Size).ToArray();
        foreach (Decoder decoder in Decoders)
        {
            value = decoder.Decode(value, context);
            if (value is null)
                return null;
        }

        return System.Text.Encoding.UTF8.GetString(value);
    }
}
