using OppTel.Configuration;
using OppTel.Telemetry;

namespace OppTel.Triggers.Rules;

/// <summary>Reads the key <c>when</c> of a trigger.</summary>
internal static class ConditionReader
{
    private const double Most = 1e300;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>A condition about series, or about anomalies.</summary>
    public static Condition Read(ConfigurationSection when, TriggerAbilities abilities)
    {
        if (!when.Has("anomaly"))
            return ReadSeries(when);
        ConfigurationSection anomaly = when.Section("anomaly");
        if (!abilities.Anomalies)
            when.Report("anomaly", "nobody looks for anomalies here: switch them on, or compare a metric");
        TextPattern? cgroup = anomaly.OptionalText("cgroup") is { } text ? Checked(anomaly, "cgroup", text) : null;
        return new AnomalyCondition(Checked(anomaly, "host", anomaly.Text("host", "*")), cgroup, anomaly.Number("min_score", 0, 0, Most));
    }

    private static SeriesCondition ReadSeries(ConfigurationSection when)
    {
        TextPattern metric = new("");
        if (when.Has("metric"))
            metric = Checked(when, "metric", when.Text("metric", ""));
        else
            when.Report("metric", "a condition needs a metric, or anomaly");
        Dictionary<string, TextPattern> labels = when.TextMap("labels").ToDictionary(label => label.Key, label => Checked(when, "labels", label.Value));
        (Comparison comparison, double limit) = ReadLimit(when);
        TimeSpan lasting = when.Duration("for", TimeSpan.Zero, TimeSpan.Zero, Longest);
        TimeSpan over = TimeSpan.FromSeconds(1);
        if (comparison is Comparison.RateAbove or Comparison.RateBelow)
            over = when.Duration("over", over, TimeSpan.FromMilliseconds(50), Longest);
        else if (when.Has("over"))
            when.Report("over", "only a rate is taken over a time: use rate_above or rate_below, or say for how long with for");
        return new SeriesCondition(metric, labels, comparison, limit, lasting, over);
    }

    private static (Comparison Comparison, double Limit) ReadLimit(ConfigurationSection when)
    {
        Comparison[] given = [.. Enum.GetValues<Comparison>().Where(comparison => when.Has(Key(comparison)))];
        string names = string.Join(", ", Enum.GetValues<Comparison>().Select(Key));
        if (given.Length == 0)
        {
            when.Report("above", $"a metric needs one of {names}");
            return (Comparison.Above, 0);
        }

        if (given.Length > 1)
            when.Report(Key(given[1]), $"a condition has one of {names}; make two triggers");
        return (given[0], when.Number(Key(given[0]), 0, -Most, Most));
    }

    private static string Key(Comparison comparison) => Spelling.SnakeCase($"{comparison}");

    private static TextPattern Checked(ConfigurationSection section, string key, string text)
    {
        TextPattern pattern = new(text);
        if (!pattern.IsValid)
            section.Report(key, $"'{text}' is neither a text nor the beginning of one with a star behind it");
        return pattern;
    }
}
