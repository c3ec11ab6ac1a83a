using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Exports.Push;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Exports.Tests;

/// <summary>Exports that run as the aggregator runs them, from a configuration in YAML.</summary>
internal sealed class Bed : IAsyncDisposable
{
    private readonly PushExports exports;

    /// <summary>Starts the exports of a configuration.</summary>
    public Bed(string yaml, Action<MetricWriter>? compose = null, Func<HostReceiver, ulong?>? medianAge = null)
    {
        Receiver = new Receiver(new SeriesTable(100, 1, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        exports = PushExports.Create(Read(yaml), Points.Source(compose), Receiver, medianAge ?? (_ => 1234), () => (ulong)Stopwatch.GetTimestamp(), Log);
        exports.Start();
    }

    public Receiver Receiver { get; }

    public RecordingLogger Log { get; } = new();

    /// <summary>Of the only target.</summary>
    public PushCounters Counters => exports.Counters.Single();

    public static ExportsConfiguration Read(string yaml)
    {
        ConfigurationDocument document = ConfigurationDocument.Parse("aggregator.yaml", yaml);
        ExportsConfiguration configuration = ExportsConfiguration.Read(document.Root);
        document.Complete();
        return configuration;
    }

    /// <summary>Waits until something is so; fails with the log after half a minute.</summary>
    public async Task Until(Func<bool> isSo, string what)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !isSo(); await Task.Delay(20))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{what}\nsent {Counters.Sent}, refused {Counters.Refused}, dropped {Counters.Dropped}, failures {Counters.Failures}\n{Log}");
    }

    public ValueTask DisposeAsync() => exports.DisposeAsync();
}

/// <summary>Remembers what was logged.</summary>
internal sealed class RecordingLogger : ILogger
{
    private readonly List<string> lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
                return [.. lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines)
            lines.Add($"{logLevel}: {formatter(state, exception)}");
    }

    public override string ToString() => string.Join('\n', Lines);
}
