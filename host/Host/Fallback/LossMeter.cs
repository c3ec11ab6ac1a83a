namespace OppTel.Host.Fallback;

/// <summary>What one beacon and the packet path say of one stream.</summary>
/// <param name="Stream">CPU number.</param>
/// <param name="Next">Number of the next trailer that it will send.</param>
/// <param name="IsKnown">Whether the DPU ever saw one.</param>
/// <param name="Highest">Highest number that it saw.</param>
/// <param name="Unseen">Numbers up to that one that it did not.</param>
public readonly record struct StreamReport(ushort Stream, uint Next, bool IsKnown, uint Highest, ulong Unseen);

/// <summary>
/// The share of trailers that did not arrive, over about the last second. A trailer that has left before one beacon is expected to be in
/// the next one. With few trailers it looks further back, and says nothing of fewer than <see cref="Least"/>. Allocates only
/// for a stream that it sees for the first time. Times are nanoseconds of one monotonic clock.
/// </summary>
public sealed class LossMeter
{
    /// <summary>Trailers that tell nothing yet.</summary>
    public const long Least = 8;

    private const ulong Window = 1_000_000_000;
    private const ulong LongestWindow = 10_000_000_000;

    /// <summary>Trailers that it wants to judge by.</summary>
    private const long Enough = 32;

    /// <summary>A late trailer may lag behind by less than this.</summary>
    private const int Reordering = 64;

    private readonly Dictionary<ushort, StreamState> streams = [];
    private readonly Point[] points = new Point[128];
    private long count;
    private long sent;
    private long unseen;

    /// <summary>Takes in what one beacon says.</summary>
    public void Observe(ulong now, ReadOnlySpan<StreamReport> reports)
    {
        foreach (StreamReport report in reports)
        {
            if (streams.TryGetValue(report.Stream, out StreamState? state))
                Follow(state, report);
            else
                streams.Add(report.Stream, new StreamState(report));
        }

        points[count++ % points.Length] = new Point(now, sent, unseen);
    }

    /// <summary>The share, 0 to 1; null when too few trailers left.</summary>
    public double? Share(ulong now)
    {
        if (count == 0)
            return null;
        Point last = points[(count - 1) % points.Length], from = last;
        for (long index = count - 2; index >= Math.Max(0, count - points.Length); index--)
        {
            Point point = points[index % points.Length];
            ulong age = now - point.Time;
            if (age > LongestWindow || (age > Window && last.Sent - from.Sent >= Enough))
                break;
            from = point;
        }

        long left = last.Sent - from.Sent;
        return left < Least ? null : Math.Clamp((double)(last.Unseen - from.Unseen) / left, 0, 1);
    }

    /// <summary>What was seen of a DPU that is gone says nothing of the next one.</summary>
    public void Forget()
    {
        streams.Clear();
        count = 0;
    }

    private void Follow(StreamState state, in StreamReport report)
    {
        StreamReport last = state.Last;
        long level = Level(report, last.Next);
        if (state.IsCounted)
        {
            sent += Math.Max(0, (int)(last.Next - state.Counted));
            unseen += Continues(last, report) ? level - state.Level : 0;
        }

        (state.Last, state.Level, state.Counted, state.IsCounted) = (report, level, last.Next, true);
    }

    /// <summary>Whether the same receiver goes on counting: what a new one has not seen of old is no loss of now.</summary>
    private static bool Continues(in StreamReport last, in StreamReport report) =>
        last.IsKnown == report.IsKnown && (int)(report.Highest - last.Highest) > -Reordering && (long)(report.Unseen - last.Unseen) > -Reordering;

    /// <summary>Trailers before <paramref name="next"/> that the DPU has not seen.</summary>
    private static long Level(in StreamReport report, uint next) =>
        report.IsKnown ? (long)report.Unseen + Math.Max(0, (int)(next - 1 - report.Highest)) : next;

    private readonly record struct Point(ulong Time, long Sent, long Unseen);

    private sealed class StreamState(StreamReport first)
    {
        public StreamReport Last { get; set; } = first;

        public long Level { get; set; }

        public uint Counted { get; set; }

        public bool IsCounted { get; set; }
    }
}
