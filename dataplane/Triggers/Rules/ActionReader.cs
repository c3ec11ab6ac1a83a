using OppTel.Configuration;
using OppTel.Telemetry;

namespace OppTel.Triggers.Rules;

/// <summary>Reads one entry of the key <c>do</c> of a trigger.</summary>
internal static class ActionReader
{
    private const int MaxMetrics = 16;
    private static readonly string[] Kinds = ["dump", "boost", "webhook"];

    /// <summary>The action; null, and reported, when it is none.</summary>
    public static ActionRule? Read(ConfigurationSection action, TriggerAbilities abilities)
    {
        string[] given = [.. Kinds.Where(action.Has)];
        if (given.Length != 1)
        {
            action.Report(given.ElementAtOrDefault(1) ?? Kinds[0], $"an entry of do is one of {string.Join(", ", Kinds)}");
            return null;
        }

        ConfigurationSection section = action.Section(given[0]);
        return given[0] switch
        {
            "dump" => ReadDump(action, section, abilities),
            "boost" => ReadBoost(section),
            _ => ReadWebhook(section),
        };
    }

    private static DumpRule ReadDump(ConfigurationSection action, ConfigurationSection dump, TriggerAbilities abilities)
    {
        if (!abilities.Dumps)
            action.Report("dump", "nothing is recorded that could be dumped: give recorder.memory a size, or take another action");
        return new DumpRule(
            dump.Duration("before", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromHours(1)),
            dump.Duration("after", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMinutes(5)));
    }

    private static BoostRule ReadBoost(ConfigurationSection boost)
    {
        TextPattern[] metrics = [.. boost.Texts("metrics").Select(text => new TextPattern(text))];
        if (metrics.Length is 0 or > MaxMetrics)
            boost.Report("metrics", $"name 1 to {MaxMetrics} metrics");
        foreach (TextPattern metric in metrics.Where(metric => !metric.IsValid))
            boost.Report("metrics", $"'{metric.Text}' is neither a name nor the beginning of one with a star behind it");
        return new BoostRule(
            metrics,
            boost.Duration("interval", TimeSpan.FromMilliseconds(1), TimeSpan.FromMicroseconds(10), TimeSpan.FromSeconds(10)),
            boost.Duration("duration", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(200), TimeSpan.FromHours(1)));
    }

    private static WebhookRule ReadWebhook(ConfigurationSection webhook)
    {
        string text = webhook.RequiredText("url");
        bool isUrl = Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Host.Length > 0;
        if (!isUrl && text.Length > 0)
            webhook.Report("url", $"'{text}' is not a URL of http or https, such as https://alerts.example/hook");
        return new WebhookRule(
            isUrl ? url! : new Uri("http://localhost"),
            webhook.Duration("timeout", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)));
    }
}
