using System.Threading.Channels;

namespace OppTel.Triggers.Actions;

/// <summary>
/// One action of one trigger with a short queue of its own: one that is slow, or hangs, keeps nobody else waiting. Counts are read by any
/// thread.
/// </summary>
internal sealed class ActionLane : IAsyncDisposable
{
    private const int QueueLength = 8;

    private readonly Channel<TriggerEvent> queue = Channel.CreateBounded<TriggerEvent>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly CancellationTokenSource stop = new();
    private readonly ITriggerAction action;
    private readonly Action<string> failed;
    private readonly Task worker;
    private ulong done;
    private ulong failures;
    private ulong dropped;
    private string? lastError;

    /// <summary>Starts to wait for events.</summary>
    /// <param name="action">What to do.</param>
    /// <param name="failed">Is told of each failure.</param>
    public ActionLane(ITriggerAction action, Action<string> failed)
    {
        this.action = action;
        this.failed = failed;
        worker = Task.Run(Work);
    }

    /// <summary>The configuration's key for it.</summary>
    public string Kind => action.Kind;

    /// <summary>Times that it was done.</summary>
    public ulong Done => Volatile.Read(ref done);

    /// <summary>Times that it failed for good.</summary>
    public ulong Failed => Volatile.Read(ref failures);

    /// <summary>Times that its queue was full.</summary>
    public ulong Dropped => Volatile.Read(ref dropped);

    /// <summary>Why it failed last; null for never.</summary>
    public string? LastError => Volatile.Read(ref lastError);

    /// <summary>Queues an event; one that finds the queue full is counted.</summary>
    public void Post(TriggerEvent happened)
    {
        if (!queue.Writer.TryWrite(happened))
            dropped++;
    }

    /// <summary>Gives up what is queued or being done.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await stop.CancelAsync().ConfigureAwait(false);
        await worker.ConfigureAwait(false);
        stop.Dispose();
    }

    private async Task Work()
    {
        try
        {
            await foreach (TriggerEvent happened in queue.Reader.ReadAllAsync(stop.Token).ConfigureAwait(false))
                await Run(happened).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task Run(TriggerEvent happened)
    {
        try
        {
            await action.Run(happened, stop.Token).ConfigureAwait(false);
            Volatile.Write(ref done, done + 1);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever goes wrong with one event, the next one finds somebody at work.
            string message = exception is TriggerActionException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
            Volatile.Write(ref lastError, message);
            Volatile.Write(ref failures, failures + 1);
            failed(message);
        }
    }
}
