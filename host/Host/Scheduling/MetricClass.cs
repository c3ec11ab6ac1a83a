using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Scheduling;

/// <summary>Metrics that are equally urgent.</summary>
/// <param name="Name">The label "class".</param>
/// <param name="MaxAge">A change has to leave within this.</param>
/// <param name="MinInterval">Least time from one value of a slot to the next.</param>
/// <param name="Redundancy">Carriers that each value leaves with.</param>
/// <param name="Metrics">Names, or beginnings of names with a star behind them.</param>
public sealed record MetricClass(string Name, TimeSpan MaxAge, TimeSpan MinInterval, int Redundancy, IReadOnlyList<string> Metrics)
{
    /// <summary>What every metric matches.</summary>
    public const string Everything = "*";

    /// <summary>Shortest maximum age: the daemon wakes by the millisecond, and keeps a quarter of it for delays.</summary>
    public static readonly TimeSpan LeastMaxAge = TimeSpan.FromMilliseconds(8);

    /// <summary>The classes of who configures none.</summary>
    public static IReadOnlyList<MetricClass> Defaults { get; } =
    [
        new("urgent", TimeSpan.FromMilliseconds(200), TimeSpan.Zero, 2, []),
        new("normal", TimeSpan.FromMilliseconds(200), TimeSpan.Zero, 1, [Everything]),
        new("bulk", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10), 1, ["opptel_value_age_seconds", "opptel_deadlines_total"]),
    ];

    /// <summary>Reads the key "classes".</summary>
    internal static IReadOnlyList<MetricClass> ReadAll(ConfigurationSection root)
    {
        if (!root.Has("classes"))
            return Defaults;
        List<MetricClass> classes = [.. root.Sections("classes").Select(Read)];
        if (classes.Count is 0 or > HostMaps.Classes)
            root.Report("classes", $"there are {classes.Count}, and have to be 1 to {HostMaps.Classes}");
        foreach (string name in classes.GroupBy(one => one.Name).Where(group => group.Count() > 1).Select(group => group.Key))
            root.Report("classes", $"two are named {name}");
        foreach (string pattern in classes.SelectMany(one => one.Metrics).GroupBy(text => text).Where(group => group.Count() > 1).Select(group => group.Key))
            root.Report("classes", $"two take '{pattern}'");
        if (!classes.Any(one => one.Metrics.Contains(Everything)))
            root.Report("classes", "one has to take what no other does: give it metrics: ['*']");
        return classes;
    }

    private static MetricClass Read(ConfigurationSection section)
    {
        MetricClass normal = Defaults[1];
        MetricClass read = new(
            section.RequiredText("name"),
            section.Duration("max_age", normal.MaxAge, LeastMaxAge, TimeSpan.FromMinutes(1)),
            section.Duration("min_interval", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(10)),
            section.Integer("redundancy", 1, 1, 8),
            section.Texts("metrics"));
        if (read.MinInterval > read.MaxAge * 0.75)
            section.Report("min_interval", "is longer than three quarters of max_age: a change would wait for longer than it may");
        foreach (string pattern in read.Metrics.Where(pattern => pattern.IndexOf('*', StringComparison.Ordinal) is var star && star >= 0 && star != pattern.Length - 1))
            section.Report("metrics", $"'{pattern}': a star can only stand at the end");
        return read;
    }
}
