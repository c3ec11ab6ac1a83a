using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>
/// Counts lost, duplicated and reordered trailers of every stream of one host. A sender that restarts begins a new window:
/// its first number is no gap and no duplicate. Not thread-safe; Counting allocates only for a new stream or a restart.
/// </summary>
/// <param name="maxStreams">Streams to follow; trailers of further ones are only counted in <see cref="Untracked"/>.</param>
public sealed class StreamTracker(int maxStreams = StreamTracker.DefaultMaxStreams)
{
    /// <summary>Streams followed by default: CPUs of one host.</summary>
    public const int DefaultMaxStreams = 4096;

    /// <summary>Windows of earlier senders that are kept apart; the ones before them are added up.</summary>
    private const int MaxClosed = 1024;

    private readonly Dictionary<ushort, StreamState> streams = [];
    private readonly List<StreamState> ordered = [];
    private readonly List<StreamCounts> closed = [];

    /// <summary>Trailers of streams beyond the bound.</summary>
    public ulong Untracked { get; private set; }

    /// <summary>Streams that are followed.</summary>
    public int Count => ordered.Count;

    /// <summary>Counts one trailer.</summary>
    public void Observe(in Footer footer) => Observe(footer.Stream, footer.Epoch, footer.Sequence);

    /// <summary>Counts one trailer.</summary>
    /// <param name="stream">CPU number of the host.</param>
    /// <param name="epoch">Catalog epoch; starts at random with every sender.</param>
    /// <param name="sequence">Number within the stream; wraps.</param>
    public void Observe(ushort stream, ushort epoch, uint sequence)
    {
        if (!streams.TryGetValue(stream, out StreamState? state))
        {
            if (ordered.Count == maxStreams)
            {
                Untracked++;
                return;
            }

            state = new StreamState(stream);
            streams.Add(stream, state);
            ordered.Add(state);
        }

        if (!state.Current.IsStarted || state.Current.Fits(epoch, sequence))
        {
            state.Current.Observe(epoch, sequence);
        }
        else if (state.Previous.IsStarted && state.Previous.IsNear(epoch, sequence))
        {
            // The last trailers of the sender before may come by another way than the first ones of the next.
            state.Previous.Observe(epoch, sequence);
        }
        else if (state.Current.GoesOn(epoch, sequence))
        {
            state.Current.Observe(epoch, sequence);
        }
        else
        {
            Retire(state);
            state.Current.Observe(epoch, sequence);
        }
    }

    /// <summary>The host's sender is known to be a new one: the next trailer of each stream starts a window.</summary>
    public void Restart()
    {
        foreach (StreamState state in ordered)
        {
            if (state.Current.IsStarted)
                Retire(state);
        }
    }

    /// <summary>Totals of the stream at <paramref name="index"/>, in order of appearance, over all its senders.</summary>
    public StreamCounts Total(int index)
    {
        StreamState state = ordered[index];
        StreamCounts current = StreamCounts.Of(state.Stream, state.Current);
        if (!state.Current.IsStarted)
            current = current with { Epoch = state.Previous.Epoch, Highest = state.Previous.Highest };
        return current.After(StreamCounts.Of(state.Stream, state.Previous)).After(state.Closed);
    }

    /// <summary>
    /// One entry for each stream and sender, oldest sender first within a stream, streams by number. Of more than 1024
    /// restarts the oldest are left out.
    /// </summary>
    public IReadOnlyList<StreamCounts> Senders() =>
    [
        .. closed
            .Concat(ordered.Where(state => state.Previous.IsStarted).Select(state => StreamCounts.Of(state.Stream, state.Previous).Closed))
            .Concat(ordered.Where(state => state.Current.IsStarted).Select(state => StreamCounts.Of(state.Stream, state.Current)))
            .OrderBy(counts => counts.Stream),
    ];

    private void Retire(StreamState state)
    {
        if (state.Previous.IsStarted)
        {
            StreamCounts counts = StreamCounts.Of(state.Stream, state.Previous).Closed;
            state.Closed = counts.After(state.Closed);
            if (closed.Count == MaxClosed)
                closed.RemoveAt(0);
            closed.Add(counts);
        }

        state.Previous = state.Current;
        state.Current = default;
    }

    private sealed class StreamState(ushort stream)
    {
        public StreamWindow Current;
        public StreamWindow Previous;
        public StreamCounts Closed;

        public ushort Stream { get; } = stream;
    }
}
