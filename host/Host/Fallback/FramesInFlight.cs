using OppTel.Wire;

namespace OppTel.Host.Fallback;

/// <summary>What is known of a frame that was sent.</summary>
public enum FrameFate
{
    /// <summary>Nothing yet.</summary>
    Open,

    /// <summary>It arrived.</summary>
    Acknowledged,

    /// <summary>It did not, as far as can be told.</summary>
    Lost,
}

/// <summary>
/// The newest 64 dedicated frames: a beacon acknowledges no more. A frame is lost when three later ones have arrived, or when it was not
/// acknowledged in time.
/// </summary>
/// <param name="firstNumber">Of the first frame.</param>
public sealed class FramesInFlight(uint firstNumber)
{
    /// <summary>Frames that are remembered.</summary>
    public const int Most = 64;

    private const int Reordering = 3;
    private readonly Frame[] frames = [.. Enumerable.Repeat(new Frame(0, 0, FrameFate.Lost), Most)];

    /// <summary>Number of the next frame.</summary>
    public uint Next { get; private set; } = firstNumber;

    /// <summary>Frames of which nothing is known yet.</summary>
    public int Open { get; private set; }

    /// <summary>Whether another frame may leave.</summary>
    public bool HasRoom => frames[Next % Most].Fate != FrameFate.Open;

    /// <summary>Notes that a frame leaves; its number.</summary>
    public uint Send(ulong now)
    {
        frames[Next % Most] = new Frame(Next, now, FrameFate.Open);
        Open++;
        return Next++;
    }

    /// <summary>What became of a frame; null when it is forgotten.</summary>
    public FrameFate? FateOf(uint number) => frames[number % Most] is var frame && frame.Number == number ? frame.Fate : null;

    /// <summary>Takes in which frames have arrived; how many became known as such, and as lost.</summary>
    public (int Acknowledged, int Lost) Acknowledge(DedicatedArrivals arrivals) => Settle(frame =>
        arrivals.Has(frame.Number) ? FrameFate.Acknowledged
        : arrivals.Seen != 0 && (int)(arrivals.Highest - frame.Number) >= Reordering ? FrameFate.Lost
        : FrameFate.Open);

    /// <summary>Gives up frames that were sent before a time; how many.</summary>
    public int Expire(ulong sentUntil) => Settle(frame => frame.SentAt <= sentUntil ? FrameFate.Lost : FrameFate.Open).Lost;

    private (int Acknowledged, int Lost) Settle(Func<Frame, FrameFate> judge)
    {
        int acknowledged = 0, lost = 0;
        for (int index = 0; index < Most; index++)
        {
            if (frames[index].Fate != FrameFate.Open)
                continue;
            FrameFate fate = judge(frames[index]);
            frames[index] = frames[index] with { Fate = fate };
            acknowledged += fate == FrameFate.Acknowledged ? 1 : 0;
            lost += fate == FrameFate.Lost ? 1 : 0;
        }

        Open -= acknowledged + lost;
        return (acknowledged, lost);
    }

    private readonly record struct Frame(uint Number, ulong SentAt, FrameFate Fate);
}
