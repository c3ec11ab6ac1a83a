using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Exports.Int;
using OppTel.Exports.Otlp;
using OppTel.Exports.Push;
using OppTel.Exports.RemoteWrite;
using OppTel.Telemetry;

namespace OppTel.Exports;

/// <summary>All targets that the configuration names, each with tasks of its own.</summary>
public sealed class PushExports : IAsyncDisposable
{
    private readonly List<PushTarget> targets = [];
    private readonly List<TelemetryReportTarget> reports = [];

    private PushExports()
    {
    }

    /// <summary>What became of everything, by target.</summary>
    public IReadOnlyList<PushCounters> Counters { get; private set; } = [];

    /// <summary>Makes all targets; nothing is connected yet.</summary>
    /// <param name="configuration">Where to.</param>
    /// <param name="source">What there is.</param>
    /// <param name="receiver">Publishes hosts and streams.</param>
    /// <param name="medianAge">Median age of a host's records on arrival, lately, in nanoseconds; null when there were none.</param>
    /// <param name="now">CLOCK_BOOTTIME, in nanoseconds.</param>
    /// <param name="logger">Told of changes.</param>
    /// <exception cref="OperatorException">A file that a target needs cannot be read.</exception>
    public static PushExports Create(
        ExportsConfiguration configuration, MetricSource source, Receiver receiver, Func<HostReceiver, ulong?> medianAge, Func<ulong> now, ILogger logger)
    {
        PushExports exports = new();
        string agent = $"opptel-aggregator/{source.Version.Split('+')[0]}";
        foreach (OtlpConfiguration target in configuration.Otlp)
            exports.Add(target.Push, target.Http, $"otlp_{Spelling.SnakeCase($"{target.Protocol}")}", SenderOf(target, source, agent), source, logger);
        foreach (RemoteWriteConfiguration target in configuration.RemoteWrite)
            exports.Add(target.Push, target.Http, "remote_write", new RemoteWriteSender(target, agent), source, logger);
        foreach (TelemetryReportConfiguration target in configuration.TelemetryReport)
            exports.reports.Add(new TelemetryReportTarget(target, new StreamReportSource(receiver, medianAge, now), new PushCounters($"{target.Collector}", "telemetry_report"), logger));
        exports.Counters = [.. exports.targets.Select(target => target.Counters), .. exports.reports.Select(target => target.Counters)];
        return exports;
    }

    /// <summary>Starts all of them.</summary>
    public void Start()
    {
        targets.ForEach(target => target.Start());
        reports.ForEach(target => target.Start());
    }

    /// <summary>Ends all tasks; what waits is not sent any more.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(
        targets.Select(target => target.DisposeAsync().AsTask()).Concat(reports.Select(target => target.DisposeAsync().AsTask()))).ConfigureAwait(false);

    private static ISender SenderOf(OtlpConfiguration target, MetricSource source, string agent)
    {
        OtlpEncoder encoder = new(source, new Dictionary<string, string>
        {
            ["service.name"] = "opptel-aggregator",
            ["service.version"] = source.Version,
            ["host.name"] = Environment.MachineName,
        });
        return target.Protocol == OtlpProtocol.Grpc ? new OtlpGrpcSender(target, encoder, agent) : new OtlpHttpSender(target, encoder, agent);
    }

    private void Add(PushSettings settings, HttpSettings http, string kind, ISender sender, MetricSource source, ILogger logger)
    {
        HttpConnection.CheckSecrets(http);
        targets.Add(new PushTarget(settings, new PushCounters(http.Name, kind), sender, source, logger));
    }
}
