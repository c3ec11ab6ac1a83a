using OppTel.Catalog;

namespace OppTel.Telemetry;

/// <summary>The parts of one update while it is being collected.</summary>
/// <param name="first">The part that came first.</param>
internal sealed class CatalogAssembly(CatalogUpdate first)
{
    /// <summary>Bytes of a metric or a block, its collections included, without what they hold.</summary>
    private const int ObjectSize = 400;

    /// <summary>Bytes of one label, without its text.</summary>
    private const int LabelSize = 128;

    private readonly Dictionary<uint, CatalogUpdate> parts = [];

    /// <summary>The epoch that it defines.</summary>
    public ushort Epoch { get; } = (ushort)first.Epoch;

    /// <summary>The epoch that it changes; 0 when whole.</summary>
    public ushort BaseEpoch { get; } = (ushort)first.BaseEpoch;

    /// <summary>Whether it replaces everything.</summary>
    public bool IsWhole { get; } = first.Whole;

    /// <summary>The host's name, the same in all parts.</summary>
    public string Host { get; } = first.Host;

    /// <summary>Bytes that all parts take here: what is small on the wire is not in memory.</summary>
    public int Bytes { get; private set; }

    /// <summary>Whether every part is there.</summary>
    public bool IsComplete => parts.Count == first.Parts;

    /// <summary>All metrics.</summary>
    public IEnumerable<Metric> Metrics => parts.Values.SelectMany(part => part.Metrics);

    /// <summary>All blocks.</summary>
    public IEnumerable<Block> Blocks => parts.Values.SelectMany(part => part.Blocks);

    /// <summary>Whether a part belongs to this update: the same change, sent whole or not.</summary>
    public bool Matches(CatalogUpdate part) =>
        part.Epoch == Epoch && part.BaseEpoch == BaseEpoch && part.Whole == IsWhole;

    /// <summary>Whether a part contradicts what is already here.</summary>
    public bool Contradicts(CatalogUpdate part) =>
        part.Parts != first.Parts || part.Host != first.Host || (parts.TryGetValue(part.Part, out CatalogUpdate? known) && !known.Equals(part));

    /// <summary>Adds a part that does not contradict; false when it is already here.</summary>
    public bool TryAdd(CatalogUpdate part)
    {
        if (!parts.TryAdd(part.Part, part))
            return false;
        Bytes += part.CalculateSize() + (ObjectSize * (part.Metrics.Count + part.Blocks.Count))
            + (LabelSize * (part.Metrics.Sum(metric => metric.Labels.Count) + part.Blocks.Sum(block => block.Labels.Count)));
        return true;
    }
}
