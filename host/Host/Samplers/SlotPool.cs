namespace OppTel.Host.Samplers;

/// <summary>Slots for what is declared while the daemon runs, in runs of any length; the first run that fits is taken.</summary>
/// <param name="first">The first of them.</param>
/// <param name="count">How many.</param>
public sealed class SlotPool(uint first, int count)
{
    private readonly SortedDictionary<uint, int> free = count > 0 ? new() { [first] = count } : [];

    /// <summary>Slots that are free.</summary>
    public int Free => free.Values.Sum();

    /// <summary>Takes so many slots in a row; null when there is no such run.</summary>
    public uint? TryTake(int slots)
    {
        foreach ((uint start, int length) in free)
        {
            if (length < slots)
                continue;
            free.Remove(start);
            if (length > slots)
                free[start + (uint)slots] = length - slots;
            return start;
        }

        return null;
    }

    /// <summary>Gives a run back, and joins it with its neighbours.</summary>
    public void Give(uint start, int slots)
    {
        if (free.Remove(start + (uint)slots, out int behind))
            slots += behind;
        foreach ((uint before, int length) in free)
        {
            if (before + (uint)length != start)
                continue;
            free[before] = length + slots;
            return;
        }

        free[start] = slots;
    }
}
