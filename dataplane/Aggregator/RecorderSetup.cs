using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Web;
using OppTel.Recorder;
using OppTel.Recorder.Dumps;
using OppTel.Segment;
using OppTel.Telemetry;

namespace OppTel.Aggregator;

/// <summary>The recorder of a running aggregator, if its configuration wants one.</summary>
internal sealed class RecorderSetup : IDisposable
{
    private readonly RecorderConfiguration configuration;
    private ILogger? logger;

    /// <summary>Takes the memory.</summary>
    public RecorderSetup(RecorderConfiguration configuration)
    {
        this.configuration = configuration;
        if (!configuration.IsEnabled)
            return;
        History = new RecordHistory(configuration.Memory, (ulong)configuration.Span.Ticks * 100, () => Boottime.Now, Fail);
        Dumps = new RecorderDump(History, configuration.DumpDirectory, configuration.DumpLimit, () => UnixClock.Instance.Difference);
    }

    /// <summary>Writes dumps; null when nothing is recorded.</summary>
    public RecorderDump? Dumps { get; }

    /// <summary>Writes what is recorded of a host; null when nothing is.</summary>
    public HistoryDump? HistoryDump => History is { } history && Dumps is { } dumps ? new HistoryDump(history, dumps) : null;

    /// <summary>What is recorded; null when nothing is.</summary>
    public RecordHistory? History { get; }

    /// <summary>Who wants to get all records.</summary>
    public IReadOnlyList<IRecordSink> Sinks => History is null ? [] : [History];

    /// <summary>Starts storing.</summary>
    public void Start(WebApplication app)
    {
        logger = app.Services.GetRequiredService<ILogger<RecordHistory>>();
        if (configuration.DumpProblem is { } problem)
            logger.LogWarning("{Problem}", problem);
        History?.Start();
    }

    /// <summary>Maps the paths of the recorder.</summary>
    public void Map(WebApplication app)
    {
        RecorderApi.Map(app, History, UnixClock.Instance);
        DumpApi.Map(app, History, Dumps, UnixClock.Instance);
        SavedDumpsApi.Map(app, Dumps);
    }

    public void Dispose()
    {
        Dumps?.Dispose();
        History?.Dispose();
    }

    /// <summary>The rest of the program goes on: records are then counted as not kept.</summary>
    private void Fail(Exception exception) => logger?.LogCritical(exception, "the recorder failed and keeps no more records");
}
