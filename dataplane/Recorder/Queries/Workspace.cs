using OppTel.Recorder.Blocks;

namespace OppTel.Recorder.Queries;

/// <summary>What one request needs to read blocks; used again by later ones.</summary>
internal sealed class Workspace : IDisposable
{
    /// <summary>A copy of a stored block.</summary>
    public byte[] Block = [];

    /// <summary>Takes records out of blocks.</summary>
    public BlockDecoder Decoder { get; } = new();

    /// <summary>A copy of a raw block.</summary>
    public RawBlock Raw { get; } = new();

    /// <summary>Records that were found and not given away yet.</summary>
    public RecordBuffer Found { get; } = new();

    /// <summary>The same, by series.</summary>
    public RecordBuffer Grouped { get; } = new();

    public void Dispose() => Decoder.Dispose();
}

/// <summary>A few workspaces, made when they are needed for the first time.</summary>
/// <param name="count">How many requests read at the same time.</param>
internal sealed class WorkspacePool(int count) : IDisposable
{
    private readonly SemaphoreSlim turns = new(count);
    private readonly System.Collections.Concurrent.ConcurrentBag<Workspace> free = [];

    /// <summary>Waits for a turn; false when none came in that time.</summary>
    public Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellation) => turns.WaitAsync(patience, cancellation);

    /// <summary>A workspace, for who has a turn.</summary>
    public Workspace Take() => free.TryTake(out Workspace? workspace) ? workspace : new Workspace();

    /// <summary>Gives workspace and turn back.</summary>
    public void Return(Workspace workspace)
    {
        free.Add(workspace);
        turns.Release();
    }

    public void Dispose()
    {
        while (free.TryTake(out Workspace? workspace))
            workspace.Dispose();
        turns.Dispose();
    }
}
