using System.Text;
using OppTel.Host.Catalog;
using OppTel.Host.EbpfExporter.Decoders;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>How the key of a map, a struct, is made of labels in their order, each with its padding behind.</summary>
/// <param name="Labels">In the order of the key; the bucket of a histogram is none of them.</param>
/// <param name="Size">Bytes of all of it.</param>
internal sealed record KeyLayout(IReadOnlyList<ExporterLabel> Labels, int Size)
{
    /// <summary>Bytes of the number of a CPU, which ebpf_exporter puts behind the keys of per-CPU maps.</summary>
    public const int CpuSize = 2;

    /// <summary>Bytes of the key of a map whose metric has no labels: a number that is 0.</summary>
    public const int UnlabelledSize = 4;

    /// <summary>What the label of that number is called.</summary>
    public const string CpuLabel = "cpu";

    /// <summary>Whether the last label asks for the values of each CPU of a per-CPU map.</summary>
    public bool IsByCpu => Labels.Count > 0 && Labels[^1] is { Name: CpuLabel, Size: CpuSize };

    /// <summary>Bytes that keys of a map have to have.</summary>
    /// <param name="isPerCpu">Whether it is a per-CPU map.</param>
    public int KeySize(bool isPerCpu) =>
        Labels.Count == 0 && Size == 0 ? UnlabelledSize : isPerCpu && IsByCpu ? (Labels.Count == 1 ? UnlabelledSize : Size - CpuSize) : Size;

    /// <summary>The labels of a key; null for one that is not to be shown.</summary>
    public SortedDictionary<string, string>? Decode(ReadOnlySpan<byte> key, DecoderContext context)
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        int longest = LongestValue;
        foreach (ExporterLabel label in Labels)
        {
            if (label.Decode(key, context) is not { } value)
                return null;
            labels[label.Name] = EntityLabels.Bounded(value, longest);
        }

        return labels;
    }

    /// <summary>The labels of what found no slots.</summary>
    public SortedDictionary<string, string> Other() => new(Labels.ToDictionary(label => label.Name, _ => EntityLabels.Other), StringComparer.Ordinal);

    private int LongestValue =>
        Math.Min(EntityLabels.LongestValue, (SeriesLabels.MostBytes - Labels.Sum(label => Encoding.UTF8.GetByteCount(label.Name))) / Math.Max(1, Labels.Count));
}
