using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OppTel.Exports.Push;

namespace OppTel.Exports.Int;

/// <summary>Sends telemetry reports as datagrams. Nothing is sent again: the next round says what is so then.</summary>
internal sealed class TelemetryReportTarget : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly TelemetryReportConfiguration configuration;
    private readonly TelemetryReportWriter writer;
    private readonly StreamReportSource source;
    private readonly Socket socket;
    private readonly StateLog log;
    private readonly Dictionary<int, uint> sequences = [];
    private readonly byte[] datagram = new byte[TelemetryReportWriter.MaxDatagram];
    private Task running = Task.CompletedTask;

    /// <summary>A target that <see cref="Start"/> starts.</summary>
    public TelemetryReportTarget(TelemetryReportConfiguration configuration, StreamReportSource source, PushCounters counters, ILogger logger)
    {
        (this.configuration, this.source, Counters) = (configuration, source, counters);
        writer = new TelemetryReportWriter(configuration.Node, configuration.Domain);
        socket = new Socket(configuration.Collector.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        log = new StateLog(logger, $"{counters.Kind} to {counters.Target}");
    }

    /// <summary>What became of the reports.</summary>
    public PushCounters Counters { get; }

    /// <summary>Starts the task.</summary>
    public void Start() => running = Task.Run(Run);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        socket.Dispose();
        stop.Dispose();
    }

    private async Task Run()
    {
        using PeriodicTimer timer = new(configuration.Interval);
        while (await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false))
        {
            try
            {
                await Report().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Whatever goes wrong here must not end the reports without a word.
                Counters.CountRequest(isFailure: true);
                log.Failed($"cannot report: {exception}");
            }
        }
    }

    private async Task Report()
    {
        int host = 0;
        foreach (IReadOnlyList<StreamReport> reports in source.Take())
        {
            foreach (StreamReport[] group in reports.Chunk(TelemetryReportWriter.MaxReports))
                await Send(host, group).ConfigureAwait(false);
            host++;
        }
    }

    private async Task Send(int host, StreamReport[] group)
    {
        // 6 bits name a host: beyond 64 hosts they share names, and so have to share numbers.
        int hardware = host & 0x3f;
        uint sequence = sequences[hardware] = sequences.TryGetValue(hardware, out uint last) ? last + 1 : 0;
        int length = writer.Write(datagram, hardware, sequence, group);
        try
        {
            await socket.SendToAsync(datagram.AsMemory(0, length), SocketFlags.None, configuration.Collector, stop.Token).ConfigureAwait(false);
            Counters.CountRequest(isFailure: false);
            Counters.CountSent(group.Length);
            log.Works();
        }
        catch (SocketException exception)
        {
            Counters.CountRequest(isFailure: true);
            Counters.CountDropped(group.Length);
            log.Failed(exception.Message);
        }
    }
}
