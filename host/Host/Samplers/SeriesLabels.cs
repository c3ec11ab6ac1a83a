using System.Text;
using OppTel.Producers;

namespace OppTel.Host.Samplers;

/// <summary>What the labels of a series may take.</summary>
internal static class SeriesLabels
{
    /// <summary>UTF-8 bytes of all names and values: they have to fit one frame of the catalog, beside ids of slots.</summary>
    public const int MostBytes = ProducerProtocol.LabelBytes;

    /// <summary>Whether a series may have them.</summary>
    public static bool Fit(IReadOnlyDictionary<string, string> labels) =>
        labels.Sum(label => Encoding.UTF8.GetByteCount(label.Key) + Encoding.UTF8.GetByteCount(label.Value)) <= MostBytes;
}
