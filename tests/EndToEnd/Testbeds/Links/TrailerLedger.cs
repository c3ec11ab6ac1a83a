namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>
/// Every trailer that came to a link and every one that left it, whole, in the order in which they did: what a receiver behind it ought to count.
/// </summary>
internal sealed class TrailerLedger
{
    private readonly List<(int Sender, TrailerIdentity Trailer)> entered = [];
    private readonly List<(int Sender, TrailerIdentity Trailer)> left = [];
    private int sender;

    /// <summary>Trailers that came to the link.</summary>
    public int Entered
    {
        get
        {
            lock (entered)
                return entered.Count;
        }
    }

    /// <summary>The host's daemon is started again: numbers begin anew. To be said when the old one has ended.</summary>
    public void BeginSender()
    {
        lock (entered)
            sender++;
    }

    /// <summary>The aggregator is started again, and counts from nothing: what left before is forgotten.</summary>
    public void BeginReceiver()
    {
        lock (entered)
            left.Clear();
    }

    /// <summary>The trailers, in their order of arrival, that came to the link and never left it.</summary>
    public IReadOnlyList<TrailerIdentity> Lost()
    {
        lock (entered)
        {
            HashSet<(int, TrailerIdentity)> arrived = [.. left];
            return [.. entered.Where(entry => !arrived.Contains(entry)).Select(entry => entry.Trailer)];
        }
    }

    /// <summary>What a receiver counts when the link, or what is before it, is all that loses trailers.</summary>
    public TrailerTotals Expected()
    {
        lock (entered)
            return left.GroupBy(entry => (entry.Sender, entry.Trailer.Stream)).Aggregate(default(TrailerTotals), (sum, stream) => sum + TrailerTotals.Of(stream.Select(entry => entry.Trailer.Sequence)));
    }

    /// <summary>A trailer has come to the link.</summary>
    public void Enter(in TrailerIdentity trailer)
    {
        lock (entered)
            entered.Add((sender, trailer));
    }

    /// <summary>A trailer has left the link whole.</summary>
    public void Leave(in TrailerIdentity trailer)
    {
        lock (entered)
            left.Add((sender, trailer));
    }
}
