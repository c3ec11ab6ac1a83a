using OppTel.Recorder.Blocks;

namespace OppTel.Recorder;

/// <summary>Stores full raw blocks and forgets old ones. It looks often instead of being woken: waking would cost the drain thread.</summary>
internal sealed class StoringThread : IDisposable
{
    private const int IdleMilliseconds = 5;
    private readonly RawQueue queue;
    private readonly BlockStore store;
    private readonly SeriesDirectory directory;
    private readonly ulong span;
    private readonly Func<ulong> clock;
    private readonly Action<Exception> failed;
    private readonly Thread thread;
    private bool stopping;

    public StoringThread(RawQueue queue, BlockStore store, SeriesDirectory directory, ulong span, Func<ulong> clock, Action<Exception> failed)
    {
        this.queue = queue;
        this.store = store;
        this.directory = directory;
        this.span = span;
        this.clock = clock;
        this.failed = failed;
        thread = new Thread(Run) { Name = "recorder", IsBackground = true };
    }

    public void Start() => thread.Start();

    public void Dispose()
    {
        Volatile.Write(ref stopping, true);
        if (thread.IsAlive)
            thread.Join();
        store.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!Volatile.Read(ref stopping))
            {
                if (!Step())
                    Thread.Sleep(IdleMilliseconds);
            }
        }
        catch (Exception exception)
        {
            failed(exception);
        }
    }

    /// <summary>Stores one block, if there is one, and forgets what is too old.</summary>
    internal bool Step()
    {
        RawBlock? block = queue.Next();
        if (block is not null)
        {
            store.Store(block);
            queue.Release();
        }

        ulong now = clock();
        store.Expire(now > span ? (long)(now - span) : long.MinValue);
        directory.Sweep(queue.Stored);
        return block is not null;
    }
}
