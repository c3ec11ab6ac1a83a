using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;

namespace OppTel.Exports.Push;

/// <summary>
/// Collects at an interval and sends to one receiver, in two tasks: a receiver that is slow or gone makes neither the collection
/// nor any other target wait. What it does not take in time is dropped, oldest first, and counted.
/// </summary>
internal sealed class PushTarget : IAsyncDisposable
{
    /// <summary>Bytes of a request before compression, about: well below the 4 MiB that receivers take at least.</summary>
    private const int MaxRequestBytes = 1 << 20;

    private readonly CancellationTokenSource stop = new();
    private readonly PushQueue queue;
    private readonly PushSettings settings;
    private readonly ISender sender;
    private readonly Action<MetricWriter> compose;
    private readonly SeriesMemory memory;
    private readonly StateLog log;
    private Task running = Task.CompletedTask;

    /// <summary>A target that <see cref="Start"/> starts.</summary>
    /// <param name="settings">How often, how much.</param>
    /// <param name="counters">Counts what becomes of the points.</param>
    /// <param name="sender">Sends; disposed with the target.</param>
    /// <param name="source">What is collected.</param>
    /// <param name="logger">Told of changes.</param>
    public PushTarget(PushSettings settings, PushCounters counters, ISender sender, MetricSource source, ILogger logger)
    {
        (this.settings, Counters, this.sender, compose) = (settings, counters, sender, source.Compose);
        memory = new SeriesMemory(source.StartOf);
        log = new StateLog(logger, $"{counters.Kind} to {counters.Target}");
        queue = new PushQueue(settings.MaxQueue, settings.MaxQueueBytes);
        counters.WaitingPoints = () => queue.Points;
    }

    /// <summary>What became of the points.</summary>
    public PushCounters Counters { get; }

    /// <summary>Starts both tasks.</summary>
    public void Start() => running = Task.WhenAll(Task.Run(Collect), Task.Run(Send));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        sender.Dispose();
        queue.Dispose();
        stop.Dispose();
    }

    /// <summary>Cuts points into requests.</summary>
    internal static IEnumerable<IReadOnlyList<MetricPoint>> Pieces(IReadOnlyList<MetricPoint> points, int maxPoints)
    {
        List<MetricPoint> piece = [];
        int bytes = 0;
        foreach (MetricPoint point in points)
        {
            if (piece.Count == maxPoints || (piece.Count > 0 && bytes + point.Size > MaxRequestBytes))
            {
                yield return piece;
                (piece, bytes) = ([], 0);
            }

            piece.Add(point);
            bytes += point.Size;
        }

        if (piece.Count > 0)
            yield return piece;
    }

    private async Task Collect()
    {
        using PeriodicTimer timer = new(settings.Interval);
        while (await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false))
        {
            try
            {
                long time = UnixNanoseconds.Of(DateTimeOffset.UtcNow);
                BatchWriter writer = new(time);
                compose(writer);
                foreach (IReadOnlyList<MetricPoint> piece in Pieces(memory.Observe(writer.Points, time), settings.MaxPoints))
                    Counters.CountDropped(queue.Add(piece));
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Whatever goes wrong here must not end the exports without a word.
                Counters.CountRequest(isFailure: true);
                log.Failed($"cannot collect: {exception}");
            }
        }
    }

    private async Task Send()
    {
        while (true)
        {
            IReadOnlyList<MetricPoint> piece = await queue.Take(stop.Token).ConfigureAwait(false);
            BackOff backOff = new(settings.FirstRetry);
            while (!await TrySend(piece, backOff).ConfigureAwait(false))
            {
            }
        }
    }

    /// <summary>Sends once, and waits when it has to be done again.</summary>
    private async Task<bool> TrySend(IReadOnlyList<MetricPoint> piece, BackOff backOff)
    {
        SendResult result = await SendOnce(piece).ConfigureAwait(false);
        Counters.CountRequest(isFailure: result.Outcome != SendOutcome.Sent);
        switch (result.Outcome)
        {
            case SendOutcome.Later:
                log.Failed($"{result.Message}; trying again");
                await Task.Delay(backOff.Next(result.RetryAfter), stop.Token).ConfigureAwait(false);
                return false;
            case SendOutcome.Refused:
                Counters.CountRefused(piece.Count);
                log.Failed($"refused for good: {result.Message}");
                return true;
            default:
                Counters.CountSent(piece.Count - result.Lost);
                Counters.CountRefused(result.Lost);
                if (result.Lost > 0)
                    log.Failed($"{result.Lost} points of {piece.Count} were not taken: {result.Message}");
                else
                    log.Works();
                return true;
        }
    }

    private async Task<SendResult> SendOnce(IReadOnlyList<MetricPoint> piece)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        limit.CancelAfter(settings.Timeout);
        try
        {
            return await sender.Send(piece, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new SendResult(SendOutcome.Later, Message: $"no answer within {settings.Timeout.TotalSeconds} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or OperatorException)
        {
            // The network, or a file with a secret: both can be mended.
            return new SendResult(SendOutcome.Later, Message: exception.Message);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // What cannot be encoded now cannot be later either, and would keep all that is behind it waiting.
            return new SendResult(SendOutcome.Refused, Message: exception.ToString());
        }
    }
}
