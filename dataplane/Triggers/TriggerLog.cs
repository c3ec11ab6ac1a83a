using OppTel.Triggers.Actions;

namespace OppTel.Triggers;

/// <summary>What happened last, bounded; for any thread.</summary>
public sealed class TriggerLog
{
    /// <summary>Events that are kept.</summary>
    public const int Capacity = 256;

    private readonly Lock guard = new();
    private readonly Queue<TriggerEvent> events = new(Capacity);

    /// <summary>Adds one; the oldest may have to go.</summary>
    internal void Add(TriggerEvent happened)
    {
        lock (guard)
        {
            if (events.Count == Capacity)
                events.Dequeue();
            events.Enqueue(happened);
        }
    }

    /// <summary>All that are kept, the newest first.</summary>
    public IReadOnlyList<TriggerEvent> Recent()
    {
        lock (guard)
            return [.. events.Reverse()];
    }
}
