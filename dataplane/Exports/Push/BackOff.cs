namespace OppTel.Exports.Push;

/// <summary>How long to wait before a request is sent again: twice as long each time, give or take, as all senders fail together.</summary>
internal sealed class BackOff
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>A receiver may ask for more patience than that, but not for any.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(5);

    private TimeSpan next;

    /// <summary>Begins.</summary>
    /// <param name="first">The middle of the first wait.</param>
    public BackOff(TimeSpan first) => next = first;

    /// <summary>The next wait: half to one and a half times the middle, and never less than the receiver asks for.</summary>
    public TimeSpan Next(TimeSpan? asked)
    {
        TimeSpan wait = next * (0.5 + Random.Shared.NextDouble());
        next = next * 2 < Longest ? next * 2 : Longest;
        TimeSpan least = asked < MostPatience ? asked.Value : asked is null ? TimeSpan.Zero : MostPatience;
        return wait > least ? wait : least;
    }
}
