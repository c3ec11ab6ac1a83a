using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Anomaly;

/// <summary>Which series belong to which model: models come and go with their series, up to a bound.</summary>
/// <param name="settings">Rules and bounds.</param>
/// <param name="reporter">Is told of anomalies.</param>
internal sealed class ModelTable(AnomalySettings settings, AnomalyReporter reporter)
{
    private const int MaxNames = 10_000;

    private readonly Dictionary<(string Host, string? Cgroup), AnomalyModel> byEntity = [];
    private readonly Dictionary<string, (MetricRule? Host, MetricRule? Cgroup)> rules = [];
    private HashSet<(Series Series, bool OfCgroup)> known = [];
    private HashSet<(Series Series, bool OfCgroup)> wanted = [];
    private AnomalyModel[] models = [];
    private int leftOut;

    /// <summary>All models.</summary>
    public AnomalyModel[] Models => Volatile.Read(ref models);

    /// <summary>Series without a place in a model, because there are too many models, or too many features in theirs.</summary>
    public int LeftOut => Volatile.Read(ref leftOut);

    /// <summary>Takes in what is new in the table of series, and drops what has ended.</summary>
    public void Refresh(IReadOnlyList<Series> snapshot)
    {
        int refused = 0;
        wanted.Clear();
        for (int index = 0; index < snapshot.Count; index++)
        {
            Series series = snapshot[index];
            if (!series.IsHeld || series.Family.Kind == Kind.HistogramBucket)
                continue;
            (MetricRule? host, MetricRule? cgroup) = RulesOf(series.Family.Name);
            if (host is not null)
                refused += Want(series, null, host) ? 0 : 1;
            if (cgroup is not null && Label(series, "cgroup") is { } name)
                refused += Want(series, name, cgroup) ? 0 : 1;
        }

        bool hasLost = !known.IsSubsetOf(wanted);
        (known, wanted) = (wanted, known);
        if (hasLost)
            Drop();
        Volatile.Write(ref leftOut, refused);
        if (models.Length != byEntity.Count || hasLost)
            Volatile.Write(ref models, [.. byEntity.Values]);
        foreach (AnomalyModel model in models)
            model.Metrics = model.Features.Count;
    }

    /// <summary>False when there is no place for the series in the model.</summary>
    private bool Want(Series series, string? cgroup, MetricRule rule) =>
        (known.Contains((series, cgroup is not null)) || TryAdd(series, cgroup, rule)) && wanted.Add((series, cgroup is not null));

    private void Drop()
    {
        foreach (AnomalyModel model in models)
        {
            model.Features.Remove(series => !known.Contains((series, model.Cgroup is not null)));
            if (model.Features.AnySeries is not null)
                continue;
            model.Leave();
            byEntity.Remove((model.Host, model.Cgroup));
        }
    }

    private bool TryAdd(Series series, string? cgroup, MetricRule rule)
    {
        (string, string?) entity = (series.Host.Name, cgroup);
        if (!byEntity.TryGetValue(entity, out AnomalyModel? model))
        {
            if (byEntity.Count == settings.MaxModels)
                return false;
            byEntity.Add(entity, model = new AnomalyModel(series.Host.Name, cgroup, settings, reporter));
        }

        return model.Features.TryAdd(series, rule);
    }

    private (MetricRule? Host, MetricRule? Cgroup) RulesOf(string name)
    {
        if (rules.TryGetValue(name, out (MetricRule?, MetricRule?) found))
            return found;
        if (rules.Count == MaxNames)
            rules.Clear();
        found = (Match(settings.HostMetrics, name), Match(settings.CgroupMetrics, name));
        rules.Add(name, found);
        return found;
    }

    private static MetricRule? Match(IReadOnlyList<MetricRule> rules, string name) => rules.FirstOrDefault(rule => rule.Matches(name));

    private static string? Label(Series series, string name)
    {
        for (int index = 0; index < series.Labels.Count; index++)
        {
            if (series.Labels[index].Key == name)
                return series.Labels[index].Value;
        }

        return null;
    }
}
