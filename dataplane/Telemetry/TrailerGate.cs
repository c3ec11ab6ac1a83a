using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>What a gate says of a trailer.</summary>
public enum TrailerVerdict
{
    /// <summary>It comes for the first time.</summary>
    New,

    /// <summary>It came before, a short time ago.</summary>
    Duplicate,

    /// <summary>It came before, or would have to have come long ago.</summary>
    Replayed,
}

/// <summary>
/// Lets each authentic trailer of one host daemon through once. Their tag is that of the daemon's instance, so nothing that an earlier one sent comes
/// here, and whatever does was stamped in order: within a stream numbers and times only grow. A daemon that begins anew says so in control frames,
/// never by its numbers. Allocates only for a new stream.
/// </summary>
internal sealed class TrailerGate
{
    /// <summary>Streams that are followed; trailers of further ones are refused.</summary>
    private const int MaxStreams = 4096;

    /// <summary>No trailer arrives behind one that was stamped so much later, in nanoseconds.</summary>
    private const long LongestDelay = 10_000_000_000;

    /// <summary>More are never lost in a row: a stream with so many is 256 s long at least, at its fastest.</summary>
    private const uint LongestGap = 1 << 28;

    private readonly Dictionary<ushort, Stream> streams = [];
    private long newest = long.MinValue;

    /// <summary>Judges a trailer of the current daemon; what is not refused is remembered.</summary>
    /// <param name="footer">Its footer.</param>
    /// <param name="stamp">The host's clock when it was stamped, unwrapped, in nanoseconds.</param>
    public TrailerVerdict Judge(in Footer footer, long stamp)
    {
        if (newest != long.MinValue && stamp < newest - LongestDelay)
            return TrailerVerdict.Replayed;
        if (!streams.TryGetValue(footer.Stream, out Stream? stream))
        {
            if (streams.Count == MaxStreams)
                return TrailerVerdict.Replayed;
            streams.Add(footer.Stream, stream = new Stream { Highest = footer.Sequence - 1, Newest = long.MinValue });
        }

        TrailerVerdict verdict = stream.Judge(footer.Sequence, stamp);
        if (verdict == TrailerVerdict.New)
            newest = Math.Max(newest, stamp);
        return verdict;
    }

    /// <summary>An authentic control frame has said that the daemon is another one.</summary>
    public void Restart()
    {
        streams.Clear();
        newest = long.MinValue;
    }

    private sealed class Stream
    {
        private const int Width = 64;
        private ulong seen;

        public required uint Highest { get; set; }

        public required long Newest { get; set; }

        public TrailerVerdict Judge(uint sequence, long stamp)
        {
            uint ahead = sequence - Highest;
            if (ahead is > 0 and <= LongestGap)
            {
                if (stamp < Newest)
                    return TrailerVerdict.Replayed;
                seen = ahead < Width ? (seen << (int)ahead) | 1 : 1;
                (Highest, Newest) = (sequence, stamp);
                return TrailerVerdict.New;
            }

            uint behind = Highest - sequence;
            if (behind >= Width)
                return TrailerVerdict.Replayed;
            ulong bit = 1ul << (int)behind;
            if ((seen & bit) != 0)
                return TrailerVerdict.Duplicate;
            seen |= bit;
            return TrailerVerdict.New;
        }
    }
}
