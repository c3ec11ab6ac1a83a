using OppTel.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>What became of the wish for a metric.</summary>
internal enum FamilyVerdict
{
    /// <summary>It is there.</summary>
    Found,

    /// <summary>The name has another kind, encoding or scale.</summary>
    OtherKind,

    /// <summary>A sampler, another door or OppTel itself has the name.</summary>
    Reserved,

    /// <summary>No more names are taken, or none of so many ids.</summary>
    TooMany,
}

/// <summary>
/// Metric names that one door has taken, each with the one meaning that it keeps for as long as the daemon runs: the DPU knows
/// metrics by ids, which are never given twice.
/// </summary>
/// <param name="most">Most of them.</param>
internal sealed class DeclaredFamilies(int most)
{
    /// <summary>Ids of all its metrics, of which a histogram takes one for each bucket: no door takes those of another.</summary>
    public const int MostIds = 4096;

    private const string OwnPrefix = "opptel_";
    private static readonly string[] DerivedEndings = ["_total", "_bucket", "_count", "_sum"];
    private static readonly string[] ReservedLabels = ["host", "le", "quantile"];
    private readonly Dictionary<string, Metric> known = new(StringComparer.Ordinal);
    private readonly SlotBudget ids = new(MostIds);

    /// <summary>Whether Prometheus makes names with this ending out of others.</summary>
    public static bool HasDerivedEnding(string name) => DerivedEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>Whether Prometheus, or the DPU, gives a label a meaning.</summary>
    public static bool IsReservedLabel(string name) => ReservedLabels.Contains(name) || name.StartsWith("__", StringComparison.Ordinal);

    /// <summary>Finds or defines a metric.</summary>
    /// <param name="wanted">Without an id.</param>
    /// <param name="store">Gives new metrics their ids.</param>
    /// <param name="metric">As it is defined; null unless it is found.</param>
    public FamilyVerdict Find(Metric wanted, ISlotStore store, out Metric? metric)
    {
        if (known.TryGetValue(wanted.Name, out metric))
        {
            if (IsSame(metric, wanted))
                return FamilyVerdict.Found;
            metric = null;
            return FamilyVerdict.OtherKind;
        }

        if (wanted.Name.StartsWith(OwnPrefix, StringComparison.Ordinal) || store.IsTaken(wanted.Name))
            return FamilyVerdict.Reserved;
        if (known.Count == most || !ids.TryTake(wanted.Slots))
            return FamilyVerdict.TooMany;
        if (store.Define(wanted) is not { } defined)
        {
            ids.Give(wanted.Slots);
            return FamilyVerdict.TooMany;
        }

        known[wanted.Name] = metric = defined;
        return FamilyVerdict.Found;
    }

    /// <summary>The help text of the first one counts.</summary>
    private static bool IsSame(Metric one, Metric other) =>
        one.Kind == other.Kind && one.Encoding == other.Encoding && one.Scale.Equals(other.Scale) && Equals(one.LogLinear, other.LogLinear);
}
