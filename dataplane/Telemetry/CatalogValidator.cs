using Google.Protobuf.Collections;
using OppTel.Catalog;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry;

/// <summary>Everything about a catalog frame that can be judged without the rest of the catalog.</summary>
/// <param name="limits">What a host may ask for.</param>
internal sealed class CatalogValidator(CatalogLimits limits)
{
    private const int Slots = ushort.MaxValue + 1;

    /// <summary>Names that the exposition gives a meaning of its own.</summary>
    private static readonly string[] ReservedLabels = ["host", "le", "quantile"];

    private static readonly string[] CounterSuffixes = ["_total"];
    private static readonly string[] DerivedSuffixes = ["_total", "_bucket", "_count", "_sum"];

    /// <summary>The first problem of a frame; null when there is none.</summary>
    public CatalogOutcome? FindProblem(CatalogUpdate update)
    {
        if (update.Epoch is 0 or > ushort.MaxValue || update.Parts == 0 || update.Part >= update.Parts || !HasBase(update))
            return CatalogOutcome.BadHeader;
        if (update.Parts > limits.Parts)
            return CatalogOutcome.TooLarge;
        if (update.Host.Length == 0 || update.Host.Length > limits.ValueLength
            || update.Host.StartsWith(HostReceiver.UnnamedPrefix, StringComparison.Ordinal))
            return CatalogOutcome.BadHost;
        foreach (Metric metric in update.Metrics)
        {
            if (!IsValid(metric))
                return CatalogOutcome.BadMetric;
            if (!AreValid(metric.Labels))
                return CatalogOutcome.BadLabels;
        }

        foreach (Block block in update.Blocks)
        {
            if (block.MetricIds.Count == 0 || (ulong)block.FirstSlot + (ulong)block.MetricIds.Count > Slots)
                return CatalogOutcome.BadBlock;
            if (!AreValid(block.Labels))
                return CatalogOutcome.BadLabels;
        }

        return null;
    }

    /// <summary>Whether a metric and an entity can be put together.</summary>
    public bool CanCombine(Metric metric, MapField<string, string> entity) =>
        metric.Labels.Count + entity.Count <= limits.Labels && !entity.Keys.Any(metric.Labels.ContainsKey);

    private static bool HasBase(CatalogUpdate update) => update.Whole
        ? update.BaseEpoch == 0
        : update.BaseEpoch is > 0 and <= ushort.MaxValue
            && EpochNumber.Distance((ushort)update.BaseEpoch, (ushort)update.Epoch) > 0;

    private bool IsValid(Metric metric) =>
        metric.Id != CatalogDraft.NoMetric && IsName(metric.Name) && HasFittingSuffix(metric) && metric.Help.Length <= limits.HelpLength
        && metric.Kind is Kind.Counter or Kind.Gauge or Kind.HistogramBucket or Kind.HistogramSum
        && metric.Encoding is Encoding.Unsigned or Encoding.Signed or Encoding.Double
        && double.IsFinite(metric.Scale) && (metric.Kind == Kind.Gauge || metric.Scale >= 0)
        && (metric.Kind == Kind.HistogramBucket ? !double.IsNaN(metric.UpperBound) : metric.UpperBound == 0)
        && ((metric.LogLinear is null && metric.Bounds is null) || HasValidShape(metric));

    private bool HasValidShape(Metric metric) =>
        metric.Kind == Kind.HistogramBucket && metric.UpperBound == 0
        && (metric.LogLinear is null ? metric.Bounds.IsValid : metric.Bounds is null && metric.LogLinear.IsValid)
        && metric.Slots <= limits.Metrics && metric.Id <= uint.MaxValue - (uint)metric.Slots;

    private static bool HasFittingSuffix(Metric metric) => metric.Kind == Kind.Counter
        ? CounterSuffixes.Any(suffix => metric.Name.EndsWith(suffix, StringComparison.Ordinal))
        : !DerivedSuffixes.Any(suffix => metric.Name.EndsWith(suffix, StringComparison.Ordinal));

    private bool AreValid(MapField<string, string> labels) =>
        labels.Count <= limits.Labels
        && labels.All(label => IsName(label.Key) && !label.Key.StartsWith("__", StringComparison.Ordinal)
            && !ReservedLabels.Contains(label.Key) && label.Value.Length <= limits.ValueLength);

    private bool IsName(string name) =>
        name.Length > 0 && name.Length <= limits.NameLength && !char.IsAsciiDigit(name[0])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
