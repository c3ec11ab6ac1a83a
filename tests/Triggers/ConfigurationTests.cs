using OppTel.Configuration;
using OppTel.Telemetry;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Tests;

/// <summary>What a file says is what is done, and what is wrong in it is named with its place.</summary>
public sealed class ConfigurationTests
{
    private const string Good = "triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ webhook: { url: 'http://h/' } }] }]\n";

    [Fact]
    public void EverythingThatCanBeSaidIsTaken()
    {
        const string Text = """
            triggers:
              - name: long run queue
                when: { metric: opptel_runqueue_length, labels: { cpu: "*", host: "web-*" }, above: 8, for: 20ms }
                hold_off: 2m
                do:
                  - dump: { before: 10s, after: 1s }
                  - boost: { metrics: [opptel_runqueue_length, "opptel_softnet_*"], interval: 100us, duration: 20s }
                  - webhook: { url: "http://127.0.0.1:9000/hook", timeout: 3s }
              - { name: drops, when: { metric: opptel_softnet_dropped_packets_total, rate_above: 10, over: 5s }, do: [{ dump: {} }] }
              - { name: idle, when: { metric: m, rate_below: -0.5 }, do: [{ boost: { metrics: [m] } }] }
              - { name: unusual, when: { anomaly: { host: a, cgroup: "/system.slice/*", min_score: 5 } }, do: [{ dump: }] }
            """;
        IReadOnlyList<TriggerRule> rules = Load(Text);
        Assert.Equal(["long run queue", "drops", "idle", "unusual"], rules.Select(rule => rule.Name));
        SeriesCondition first = Assert.IsType<SeriesCondition>(rules[0].When);
        Assert.Equal((Comparison.Above, 8.0, TimeSpan.FromMilliseconds(20)), (first.Comparison, first.Limit, first.For));
        Assert.Equal([("cpu", "*"), ("host", "web-*")], first.Labels.Select(label => (label.Key, label.Value.Text)));
        Assert.Equal(TimeSpan.FromMinutes(2), rules[0].HoldOff);
        Assert.Equal(new DumpRule(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)), rules[0].Actions[0]);
        BoostRule boost = Assert.IsType<BoostRule>(rules[0].Actions[1]);
        Assert.Equal((TimeSpan.FromMicroseconds(100), TimeSpan.FromSeconds(20), 2), (boost.Interval, boost.Duration, boost.Metrics.Count));
        Assert.Equal(new WebhookRule(new Uri("http://127.0.0.1:9000/hook"), TimeSpan.FromSeconds(3)), rules[0].Actions[2]);
        SeriesCondition drops = Assert.IsType<SeriesCondition>(rules[1].When), idle = Assert.IsType<SeriesCondition>(rules[2].When);
        Assert.Equal((Comparison.RateAbove, 10.0, TimeSpan.FromSeconds(5)), (drops.Comparison, drops.Limit, drops.Over));
        Assert.Equal((Comparison.RateBelow, -0.5, TimeSpan.FromSeconds(1)), (idle.Comparison, idle.Limit, idle.Over));
        Assert.Equal(TimeSpan.FromMinutes(1), rules[1].HoldOff);
        Assert.Equal(new AnomalyCondition(new TextPattern("a"), new TextPattern("/system.slice/*"), 5), rules[3].When);
    }

    [Fact]
    public void WithoutTheKeyThereAreNone() => Assert.Empty(Load(""));

    [Theory]
    [InlineData("triggers: 5\n", "1:11: triggers has to be a list")]
    [InlineData("triggers: [{ name: a }]\n", "1:12: triggers[0].when is missing")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 } }]\n", "triggers[0].do: name at least one action: dump, boost or webhook")]
    [InlineData("triggers: [{ name: a, when: { above: 1 }, do: [{ dump: }] }]\n", "triggers[0].when.metric: a condition needs a metric, or anomaly")]
    [InlineData("triggers: [{ name: a, when: { metric: m }, do: [{ dump: }] }]\n", "triggers[0].when.above: a metric needs one of above, below, rate_above, rate_below")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1, below: 2 }, do: [{ dump: }] }]\n", "1:59: triggers[0].when.below: a condition has one of")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: high }, do: [{ dump: }] }]\n", "1:49: triggers[0].when.above: 'high' is not a number")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1, over: 2s }, do: [{ dump: }] }]\n", "1:58: triggers[0].when.over: only a rate is taken over a time")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1, for: 5 }, do: [{ dump: }] }]\n", "1:57: triggers[0].when.for: '5' is not a duration")]
    [InlineData("triggers: [{ name: a, when: { metric: 'm*n', above: 1 }, do: [{ dump: }] }]\n", "1:39: triggers[0].when.metric: 'm*n' is neither a text nor the beginning of one")]
    [InlineData("triggers: [{ name: a, when: { metric: m, labels: { cpu: '*1' }, above: 1 }, do: [{ dump: }] }]\n", "triggers[0].when.labels: '*1' is neither")]
    [InlineData("triggers: [{ name: a, when: { metric: m, abov: 1 }, do: [{ dump: }] }]\n", "1:42: unknown key triggers[0].when.abov; did you mean above?")]
    [InlineData("triggers: [{ name: a, when: { anomaly: { min_score: many } }, do: [{ dump: }] }]\n", "triggers[0].when.anomaly.min_score: 'many' is not a number")]
    [InlineData("triggers: [{ name: a, when: { anomaly: { score: 1 } }, do: [{ dump: }] }]\n", "unknown key triggers[0].when.anomaly.score")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ dum: }] }]\n", "unknown key triggers[0].do[0].dum; did you mean dump?")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ dump: , webhook: { url: 'http://h' } }] }]\n", "triggers[0].do[0].webhook: an entry of do is one of dump, boost, webhook")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ boost: { metrics: [] } }] }]\n", "triggers[0].do[0].boost.metrics: name 1 to 16 metrics")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ boost: { metrics: [m], interval: 1us } }] }]\n", "boost.interval: '1us' is not a duration from 10us to 10s")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ webhook: { url: 'ftp://h' } }] }]\n", "webhook.url: 'ftp://h' is not a URL of http or https")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ webhook: { } }] }]\n", "triggers[0].do[0].webhook.url is missing")]
    [InlineData("triggers: [{ name: a, when: { metric: m, above: 1 }, do: [{ webhook: { url: 'http://h', timeout: 1h } }] }]\n", "webhook.timeout: '1h' is not a duration from 50ms to 1m")]
    [InlineData("triggers: [{ name: a, hold_of: 1m, when: { metric: m, above: 1 }, do: [{ dump: }] }]\n", "unknown key triggers[0].hold_of; did you mean hold_off?")]
    public void WhatIsWrongIsNamedWithItsPlace(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Load(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void NamesAreUniqueAndNotLong()
    {
        string twice = Good + Good.Replace("triggers: [", "  , ", StringComparison.Ordinal);
        Assert.Contains("two triggers are named 'a'", Fails(twice.Replace("]\n  ,", ",", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("has 65 characters", Fails(Good.Replace("name: a", $"name: {new string('a', 65)}", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    /// <summary>What nothing here can do is refused, before anything fires.</summary>
    [Fact]
    public void WhatIsNotThereIsRefused()
    {
        const string Text = "triggers: [{ name: a, when: { anomaly: }, do: [{ dump: }] }]\n";
        string message = Assert.Throws<ConfigurationException>(() => Load(Text, default)).Message;
        Assert.Contains("1:40: triggers[0].when.anomaly: nobody looks for anomalies here", message, StringComparison.Ordinal);
        Assert.Contains("triggers[0].do[0].dump: nothing is recorded that could be dumped", message, StringComparison.Ordinal);
        Assert.Single(Load(Good, default));
    }

    private static string Fails(string text) => Assert.Throws<ConfigurationException>(() => Load(text)).Message;

    private static IReadOnlyList<TriggerRule> Load(string text) => Load(text, new TriggerAbilities(Dumps: true, Anomalies: true));

    private static IReadOnlyList<TriggerRule> Load(string text, TriggerAbilities abilities)
    {
        ConfigurationDocument document = ConfigurationDocument.Parse("x.yaml", text);
        TriggersConfiguration read = TriggersConfiguration.Read(document.Root, abilities);
        document.Complete();
        return read.Rules;
    }
}
