using System.Net;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Collecting;
using OppTel.Aggregator.Web;
using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Recorder;
using OppTel.Triggers.Rules;

namespace OppTel.Aggregator;

/// <summary>The aggregator's configuration file. Every key has a default.</summary>
internal sealed record AggregatorConfiguration
{
    public const string DefaultPath = "/etc/opptel/aggregator.yaml";

    /// <summary>File that the dataplane shares; null when there is no dataplane.</summary>
    public required string? SegmentPath { get; init; }

    /// <summary>Where hosts without a dataplane send to; null for nowhere.</summary>
    public required CollectorConfiguration? Collector { get; init; }

    /// <summary>Address and port of the web server.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>TLS and authentication of the web server.</summary>
    public required AccessConfiguration Access { get; init; }

    /// <summary>File with the control key; null: the public one.</summary>
    public required string? KeyFile { get; init; }

    /// <summary>Files with keys of single pairs, by the pair's name.</summary>
    public required IReadOnlyDictionary<string, string> PairKeys { get; init; }

    /// <summary>Series of all hosts together.</summary>
    public required int MaxSeries { get; init; }

    /// <summary>Bounds of series by metric, and distributions.</summary>
    public required SeriesConfiguration Series { get; init; }

    /// <summary>How long a series stays after its entity ended.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>Where to push to.</summary>
    public required ExportsConfiguration Exports { get; init; }

    /// <summary>The recorder.</summary>
    public required RecorderConfiguration Recorder { get; init; }

    /// <summary>The triggers.</summary>
    public required TriggersConfiguration Triggers { get; init; }

    /// <summary>Least level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>How anomalies are looked for.</summary>
    public required AnomalyConfiguration Anomalies { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="OperatorException">It cannot be read.</exception>
    /// <exception cref="ConfigurationException">Something in it is wrong; carries all of it.</exception>
    public static AggregatorConfiguration Load(string path) => Read(ConfigurationDocument.Load(path));

    /// <summary>Reads text that came from <paramref name="file"/>.</summary>
    /// <exception cref="ConfigurationException">Something in it is wrong; carries all of it.</exception>
    public static AggregatorConfiguration Parse(string file, string text) => Read(ConfigurationDocument.Parse(file, text));

    /// <summary>Reads all key files.</summary>
    /// <exception cref="OperatorException">One is missing, readable by everybody, or not a key.</exception>
    public KeyBook LoadKeys()
    {
        KeyBook keys = new(KeyFile);
        foreach (string file in PairKeys.Values)
            _ = keys.Of(file);
        return keys;
    }

    private static AggregatorConfiguration Read(ConfigurationDocument document)
    {
        ConfigurationSection root = document.Root;
        AnomalyConfiguration anomalies = AnomalyConfiguration.Read(root.Section("anomalies"));
        RecorderConfiguration recorder = RecorderConfiguration.Read(root.Section("recorder"));
        AggregatorConfiguration configuration = new()
        {
            SegmentPath = root.Text("segment", "/run/opptel/segment") is var segment and not "none" ? segment : null,
            Collector = CollectorConfiguration.Read(root),
            Listen = ReadListen(root),
            Access = AccessConfiguration.Read(root),
            KeyFile = root.OptionalText("key_file"),
            PairKeys = root.TextMap("pair_keys"),
            MaxSeries = root.Integer("max_series", 100_000, 1, 10_000_000),
            Series = SeriesConfiguration.Read(root),
            Retention = root.Duration("retention", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)),
            Exports = ExportsConfiguration.Read(root),
            Recorder = recorder,
            Triggers = TriggersConfiguration.Read(root, new TriggerAbilities(recorder.IsEnabled, anomalies.Enabled)),
            LogLevel = root.Choice("log_level", LogLevel.Information),
            Anomalies = anomalies,
        };
        if (configuration.SegmentPath is { } path && !Path.IsPathFullyQualified(path))
            root.Report("segment", $"'{path}' is not an absolute path, nor none");
        if (configuration.SegmentPath is null && configuration.Collector is null)
            root.Report("segment", "is none, and so is collector.listen: nothing could ever arrive");
        document.Complete();
        return configuration;
    }

    private static IPEndPoint ReadListen(ConfigurationSection root)
    {
        string text = root.Text("listen", "127.0.0.1:9435");
        // Without a port, and with a bare IPv6 address, the parser would choose port 0.
        if (IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && text.EndsWith($":{endpoint.Port}", StringComparison.Ordinal)
            && (text[0] == '[') == text.Contains(']'))
            return endpoint;
        root.Report("listen", $"'{text}' is not an address and a port, such as 127.0.0.1:9435 or [::]:9435");
        return new IPEndPoint(IPAddress.Loopback, 9435);
    }
}
