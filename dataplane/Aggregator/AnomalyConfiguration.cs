using OppTel.Anomaly;
using OppTel.Configuration;

namespace OppTel.Aggregator;

/// <summary>The section <c>anomalies</c>.</summary>
/// <param name="Enabled">Whether they are looked for.</param>
/// <param name="Settings">How.</param>
internal sealed record AnomalyConfiguration(bool Enabled, AnomalySettings Settings)
{
    /// <summary>Reads the section; what is wrong is reported there.</summary>
    public static AnomalyConfiguration Read(ConfigurationSection section)
    {
        AnomalySettings defaults = new();
        TimeSpan second = TimeSpan.FromSeconds(1), hour = TimeSpan.FromHours(1), day = TimeSpan.FromDays(1);
        AnomalySettings settings = new()
        {
            Step = section.Duration("step", defaults.Step, TimeSpan.FromMilliseconds(1), second),
            Quantile = section.Number("quantile", defaults.Quantile, 0.9, 0.99999),
            Margin = section.Number("margin", defaults.Margin, 1, 100),
            WarmUp = section.Duration("warm_up", defaults.WarmUp, second, hour),
            Memory = section.Duration("memory", defaults.Memory, second, day),
            Quiet = section.Duration("quiet", defaults.Quiet, TimeSpan.FromMilliseconds(10), hour),
            AcceptAfter = section.Duration("accept_after", defaults.AcceptAfter, second, day),
            MaxModels = section.Integer("max_models", defaults.MaxModels, 1, 100_000),
            HostMetrics = ReadRules(section, "host_metrics", defaults.HostMetrics),
            CgroupMetrics = ReadRules(section, "cgroup_metrics", defaults.CgroupMetrics),
        };
        if (settings.WarmUp < settings.Step * 30)
            section.Report("warm_up", $"{Quantity.Format(settings.WarmUp)} are less than 30 steps of {Quantity.Format(settings.Step)}, too few to learn from");
        return new AnomalyConfiguration(section.Boolean("enabled", true), settings);
    }

    private static IReadOnlyList<MetricRule> ReadRules(ConfigurationSection section, string key, IReadOnlyList<MetricRule> defaults)
    {
        if (!section.Has(key))
            return defaults;
        List<MetricRule> rules = [];
        foreach (string text in section.Texts(key))
        {
            if (MetricRule.TryParse(text, out MetricRule rule, out string problem))
                rules.Add(rule);
            else
                section.Report(key, problem);
        }

        return rules;
    }
}
