namespace OppTel.Host.Samplers;

/// <summary>Reads now and then, on the daemon's thread, what no program can count: it must not block.</summary>
public interface ISlotReader : IDisposable
{
    /// <summary>Time from one reading to the next.</summary>
    TimeSpan Interval { get; }

    /// <summary>Reads, and stores what it read.</summary>
    /// <exception cref="IOException">The source failed; it is tried again at the next time.</exception>
    void Read(ISlotStore store);
}

/// <summary>Takes what a reader read.</summary>
public interface ISlotStore
{
    /// <summary>Gives consecutive slots their raw values; those that are new leave with the next carriers.</summary>
    void Store(uint firstSlot, ReadOnlySpan<ulong> values);
}
