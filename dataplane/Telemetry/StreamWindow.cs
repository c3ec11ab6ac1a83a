using System.Numerics;

namespace OppTel.Telemetry;

/// <summary>
/// Loss, duplication and reordering of one stream between two starts of its sender. Bit <c>i</c> of the bitmap says whether
/// number <c>highest - i</c> arrived; what leaves the bitmap unseen is lost for good.
/// </summary>
internal struct StreamWindow
{
    /// <summary>Numbers that a late trailer may lag behind and still be told from a duplicate.</summary>
    public const int Width = 64;

    /// <summary>Consecutive numbers behind the window that prove a restart: late trailers come alone, a sender counts on.</summary>
    private const int RestartRun = 4;

    /// <summary>
    /// Epochs that one window may plausibly span. An epoch starts at random with every sender, so a step beyond this is
    /// another sender but for one case in 128.
    /// </summary>
    private const int EpochSpan = 256;

    private ulong seen;
    private int tracked;
    private uint runNext;
    private int runLength;

    /// <summary>Epoch of the trailer with the highest number that has one.</summary>
    public ushort Epoch { get; private set; }

    /// <summary>Highest number seen.</summary>
    public uint Highest { get; private set; }

    /// <summary>Trailers that arrived, duplicates and late ones included.</summary>
    public ulong Received { get; private set; }

    /// <summary>Numbers that left the window unseen. Never decreases.</summary>
    public ulong Lost { get; private set; }

    /// <summary>Trailers whose number had arrived before.</summary>
    public ulong Duplicate { get; private set; }

    /// <summary>Trailers that arrived after one with a higher number; those behind the window stay counted as lost.</summary>
    public ulong Reordered { get; private set; }

    /// <summary>Whether any trailer was seen.</summary>
    public readonly bool IsStarted => tracked != 0;

    /// <summary>Numbers inside the window that have not arrived: late or lost, time will tell.</summary>
    public readonly int Missing => tracked - BitOperations.PopCount(seen);

    /// <summary>
    /// Whether a trailer can come from the sender of this window. Within one sender epochs only grow with the numbers, and
    /// numbers behind the window do not come in a run.
    /// </summary>
    public bool Fits(ushort epoch, uint sequence)
    {
        int ahead = (int)(sequence - Highest);
        int epochs = Epochs(epoch);
        if (ahead > 0)
            return epochs is >= 0 and <= EpochSpan;
        if (epochs > 0 || epochs < -EpochSpan || (ahead == 0 && epochs != 0))
            return false;
        if (ahead > -Width)
            return true;
        runLength = sequence == runNext ? runLength + 1 : 1;
        runNext = sequence + 1;
        return runLength < RestartRun;
    }

    /// <summary>
    /// Whether a trailer whose epoch is far off can come from this sender all the same: a CPU may be silent while the catalog goes on,
    /// even half round, and another sender's numbers would hardly begin where those of a long-lived one end.
    /// </summary>
    public readonly bool GoesOn(ushort epoch, uint sequence) =>
        (int)(sequence - Highest) is > 0 and <= Width && (Epochs(epoch) > EpochSpan || (Epochs(epoch) < -EpochSpan && Received > Width));

    /// <summary>Whether a trailer can be one of the last of a sender that is gone.</summary>
    public readonly bool IsNear(ushort epoch, uint sequence) =>
        Math.Abs((long)(int)(sequence - Highest)) < Width && Math.Abs(Epochs(epoch)) <= EpochSpan;

    /// <summary>Counts a trailer that <see cref="Fits"/>, or the first one.</summary>
    public void Observe(ushort epoch, uint sequence)
    {
        Received++;
        if (!IsStarted)
        {
            (Epoch, Highest, seen, tracked) = (epoch, sequence, 1, 1);
            return;
        }

        int ahead = (int)(sequence - Highest);
        if (ahead > 0)
            Advance(epoch, (uint)ahead);
        else
            TakeLate((uint)-(long)ahead);
    }

    /// <summary>Steps from this window's epoch; a sender without a catalog stamps 0, which says nothing.</summary>
    private readonly int Epochs(ushort epoch) => epoch == 0 || Epoch == 0 ? 0 : EpochNumber.Distance(Epoch, epoch);

    private void Advance(ushort epoch, uint ahead)
    {
        Epoch = epoch != 0 ? epoch : Epoch;
        Highest += ahead;
        ulong all = (ulong)tracked + ahead;
        int arrived = BitOperations.PopCount(seen);
        seen = ahead < Width ? seen << (int)ahead : 0;
        tracked = (int)Math.Min(all, Width);
        Lost += all - (ulong)tracked - (ulong)(arrived - BitOperations.PopCount(seen));
        seen |= 1;
    }

    private void TakeLate(uint behind)
    {
        ulong bit = behind < Width ? 1ul << (int)behind : 0;
        if ((seen & bit) != 0)
        {
            Duplicate++;
            return;
        }

        Reordered++;
        seen |= bit;
        // Before the first trailer of all: the stream began earlier than it seemed.
        if (bit != 0 && behind >= tracked)
            tracked = (int)behind + 1;
    }
}
