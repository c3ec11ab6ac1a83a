using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Host.Fallback;

/// <summary>What leaves by itself when packets do not carry it.</summary>
/// <param name="Metrics">Names of the critical ones, or beginnings of names with a star behind them.</param>
/// <param name="Rules">When.</param>
/// <param name="Interval">From one frame with changed values to the next.</param>
/// <param name="Collector">Who takes them when there is no dataplane; null for nobody.</param>
public sealed record FallbackSettings(IReadOnlyList<string> Metrics, FallbackRules Rules, TimeSpan Interval, CollectorAddress? Collector)
{
    /// <summary>Whether a metric is one of them.</summary>
    public bool Takes(string metric) =>
        Metrics.Any(pattern => pattern.EndsWith('*') ? metric.StartsWith(pattern[..^1], StringComparison.Ordinal) : metric == pattern);

    /// <summary>Patterns that match none of these names.</summary>
    public IEnumerable<string> Unmatched(IReadOnlyCollection<string> names) =>
        Metrics.Where(pattern => !names.Any(name => (this with { Metrics = [pattern] }).Takes(name)));

    /// <summary>Reads the key "fallback"; null when it names no metric.</summary>
    internal static FallbackSettings? Read(ConfigurationSection root)
    {
        ConfigurationSection section = root.Section("fallback");
        CollectorAddress? collector = ReadCollector(section);
        FallbackSettings settings = new(
            ReadMetrics(section), ReadRules(section, collector is not null),
            section.Duration("interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)), collector);
        if (settings.Rules.RecoverLoss >= settings.Rules.Loss)
            section.Report("recover_loss", "has to be less than loss: the mode would change back and forth");
        if (settings.Rules.Recover < settings.Rules.NoCarriers)
            section.Report("recover", "is shorter than no_carriers: it would be over before an absence of carriers can be told");
        return settings.Metrics.Count == 0 ? null : settings;
    }

    private static FallbackRules ReadRules(ConfigurationSection section, bool hasCollector) => new(
        Share(section, "loss", 0.1, 0.001),
        Share(section, "recover_loss", 0.02, 0),
        Nanoseconds(section.Duration("no_carriers", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1))),
        Nanoseconds(section.Duration("for", TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10))),
        Nanoseconds(section.Duration("recover", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))),
        Nanoseconds(section.Duration("collector_after", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10))),
        hasCollector);

    private static IReadOnlyList<string> ReadMetrics(ConfigurationSection section)
    {
        IReadOnlyList<string> metrics = section.Texts("metrics");
        foreach (string pattern in metrics.Where(pattern => pattern.Length == 0 || (pattern.IndexOf('*', StringComparison.Ordinal) is var star && star >= 0 && star != pattern.Length - 1)))
            section.Report("metrics", $"'{pattern}': a star can only stand at the end of a name");
        return metrics;
    }

    private static CollectorAddress? ReadCollector(ConfigurationSection section)
    {
        if (section.OptionalText("collector") is not { } text)
            return null;
        if (CollectorAddress.TryParse(text, out CollectorAddress address))
            return address;
        section.Report("collector", $"'{text}' is not a name or an address with a port, such as collector.example:9437 or [2001:db8::1]:9437");
        return null;
    }

    private static double Share(ConfigurationSection section, string key, double fallback, double least)
    {
        if (section.OptionalText(key) is not { } text)
            return fallback;
        if (text.EndsWith('%') && double.TryParse(text.AsSpan(..^1).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent)
            && percent / 100 >= least && percent <= 100)
            return percent / 100;
        section.Report(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a share from {least * 100}% to 100%; write it with its sign, such as 10%"));
        return fallback;
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;
}
