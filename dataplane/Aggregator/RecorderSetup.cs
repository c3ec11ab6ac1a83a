using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OppTel.Recorder;
using OppTel.Segment;
using OppTel.Telemetry;

namespace OppTel.Aggregator;

/// <summary>The recorder of a running aggregator, if its configuration wants one.</summary>
internal sealed class RecorderSetup : IDisposable
{
    private ILogger? logger;

    /// <summary>Takes the memory.</summary>
    public RecorderSetup(RecorderConfiguration configuration)
    {
        if (configuration.IsEnabled)
            History = new RecordHistory(configuration.Memory, (ulong)configuration.Span.Ticks * 100, () => Boottime.Now, Fail);
    }

    /// <summary>What is recorded; null when nothing is.</summary>
    public RecordHistory? History { get; }

    /// <summary>Who wants to get all records.</summary>
    public IReadOnlyList<IRecordSink> Sinks => History is null ? [] : [History];

    /// <summary>Starts storing.</summary>
    public void Start(WebApplication app)
    {
        logger = app.Services.GetRequiredService<ILogger<RecordHistory>>();
        History?.Start();
    }

    public void Dispose() => History?.Dispose();

    /// <summary>The rest of the program goes on: records are then counted as not kept.</summary>
    private void Fail(Exception exception) => logger?.LogCritical(exception, "the recorder failed and keeps no more records");
}
