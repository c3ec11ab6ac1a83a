using System.Buffers;
using OppTel.Aggregator.Draining;
using OppTel.Exports;
using OppTel.Exports.Push;
using OppTel.Segment;
using OppTel.Telemetry;
using Prometheus;

namespace OppTel.Aggregator.Exposition;

/// <summary>Composes <c>/metrics</c> from published state; the drain thread does not notice.</summary>
internal sealed class MetricsPage : IDisposable
{
    /// <summary>The format that is written.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Pages that are kept in memory at once: one of many series has tens of megabytes.</summary>
    private const int MaxPages = 4;

    /// <summary>How long a request waits for its turn.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a client may take to read its page.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim turns = new(MaxPages);
    private readonly DrainLoop drain;
    private readonly Receiver receiver;
    private readonly CollectorRegistry process;
    private readonly ulong silence;

    /// <summary>A page.</summary>
    /// <param name="drain">Publishes the dataplane's counters.</param>
    /// <param name="receiver">Publishes hosts and series.</param>
    /// <param name="process">This process's own metrics.</param>
    /// <param name="silence">Silence after which a host's series are left out, in nanoseconds.</param>
    public MetricsPage(DrainLoop drain, Receiver receiver, CollectorRegistry process, ulong silence)
    {
        this.drain = drain;
        this.receiver = receiver;
        this.process = process;
        this.silence = silence;
    }

    /// <summary>What the exports count; none until they are there.</summary>
    public IReadOnlyList<PushCounters> Exports { get; set; } = [];

    /// <summary>This process's own metrics, by prometheus-net.</summary>
    public static CollectorRegistry CreateProcessRegistry()
    {
        CollectorRegistry registry = Metrics.NewCustomRegistry();
        DotNetStats.Register(registry);
        return registry;
    }

    /// <summary>Names of the families in a registry.</summary>
    public static async Task<IReadOnlyList<string>> NamesOf(CollectorRegistry registry)
    {
        using MemoryStream text = new();
        await registry.CollectAndExportAsTextAsync(text).ConfigureAwait(false);
        return
        [
            .. System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n')
                .Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]),
        ];
    }

    /// <summary>Writes the page; false, and nothing written, when too many are being written already.</summary>
    /// <exception cref="OperationCanceledException">The client left, or reads too slowly.</exception>
    public async Task<bool> TryWriteTo(Stream output, CancellationToken cancellation)
    {
        if (!await turns.WaitAsync(Patience, cancellation).ConfigureAwait(false))
            return false;
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(LongestWrite);
            ArrayBufferWriter<byte> buffer = new(64 << 10);
            Compose(new PrometheusTextWriter(buffer), Boottime.Now);
            await output.WriteAsync(buffer.WrittenMemory, limit.Token).ConfigureAwait(false);
            await process.CollectAndExportAsTextAsync(output, limit.Token).ConfigureAwait(false);
            return true;
        }
        finally
        {
            turns.Release();
        }
    }

    public void Dispose() => turns.Dispose();

    /// <summary>Writes the families of the page, those of this process excepted, as of <paramref name="now"/> (CLOCK_BOOTTIME ns).</summary>
    public void Compose(MetricWriter writer, ulong now)
    {
        AggregatorView view = drain.View;
        OwnSections.WriteDataplane(writer, view);
        OwnSections.WriteHosts(writer, receiver.Hosts);
        OwnSections.WriteAggregator(writer, view, receiver);
        ExportsSection.Write(writer, Exports);
        SeriesSection.Write(writer, receiver.Series.Snapshot, now > silence ? now - silence : 0);
    }
}
