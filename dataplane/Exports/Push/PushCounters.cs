namespace OppTel.Exports.Push;

/// <summary>What one target got and did not get; written by its own tasks, read by any thread.</summary>
/// <param name="target">Its name.</param>
/// <param name="kind">The protocol's name.</param>
public sealed class PushCounters(string target, string kind)
{
    private long sent;
    private long refused;
    private long dropped;
    private long requests;
    private long failures;
    private long lastSuccess;

    /// <summary>Name of the target.</summary>
    public string Target { get; } = target;

    /// <summary>Name of the protocol.</summary>
    public string Kind { get; } = kind;

    /// <summary>Points that the target took.</summary>
    public long Sent => Volatile.Read(ref sent);

    /// <summary>Points that the target refused: lost.</summary>
    public long Refused => Volatile.Read(ref refused);

    /// <summary>Points that found no room in the queue: lost.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>Requests that were answered or not.</summary>
    public long Requests => Volatile.Read(ref requests);

    /// <summary>Those that failed, each attempt by itself.</summary>
    public long Failures => Volatile.Read(ref failures);

    /// <summary>Points that wait.</summary>
    public long Waiting => WaitingPoints();

    /// <summary>When something was sent last; null when nothing ever was.</summary>
    public DateTimeOffset? LastSuccess => Volatile.Read(ref lastSuccess) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    internal Func<long> WaitingPoints { get; set; } = () => 0;

    internal void CountSent(long points)
    {
        Interlocked.Add(ref sent, points);
        Volatile.Write(ref lastSuccess, DateTimeOffset.UtcNow.Ticks);
    }

    internal void CountRefused(long points) => Interlocked.Add(ref refused, points);

    internal void CountDropped(long points) => Interlocked.Add(ref dropped, points);

    internal void CountRequest(bool isFailure)
    {
        Interlocked.Increment(ref requests);
        if (isFailure)
            Interlocked.Increment(ref failures);
    }
}
