namespace OppTel.Telemetry;

/// <summary>What each slot means now and meant in recent epochs. Looking up allocates nothing.</summary>
/// <param name="history">Meanings that one slot keeps, the newest included.</param>
internal sealed class SlotMeanings(int history)
{
    private readonly Meaning[]?[] slots = new Meaning[]?[ushort.MaxValue + 1];

    /// <summary>The series of a slot in an epoch that is known to be complete; null when the slot carried nothing then.</summary>
    public Series? Find(ushort slot, ushort epoch)
    {
        foreach (Meaning meaning in slots[slot] ?? [])
        {
            if (meaning.IsSet && EpochNumber.Distance(meaning.Since, epoch) >= 0)
                return meaning.Series;
        }

        return null;
    }

    /// <summary>The series of a slot in the newest epoch.</summary>
    public Series? Newest(int slot) => slots[slot] is { } meanings ? meanings[0].Series : null;

    /// <summary>Gives a slot another meaning from <paramref name="since"/> on.</summary>
    /// <returns>When the oldest meaning had to be forgotten: the epoch since which the slot's meanings are still known.</returns>
    public ushort? Set(int slot, ushort since, Series? series)
    {
        Meaning[] meanings = slots[slot] ??= new Meaning[history];
        bool isFull = meanings[^1].IsSet;
        meanings.AsSpan(0, history - 1).CopyTo(meanings.AsSpan(1));
        meanings[0] = new Meaning(true, since, series);
        return isFull ? meanings[^1].Since : null;
    }

    /// <summary>Forgets what was in force before <paramref name="oldest"/>: serial numbers compare over half their range only.</summary>
    public void Forget(ushort oldest)
    {
        foreach (Meaning[]? meanings in slots)
        {
            bool isCovered = false;
            foreach (ref Meaning meaning in meanings.AsSpan())
            {
                if (isCovered)
                    meaning = default;
                else if (meaning.IsSet && EpochNumber.Distance(meaning.Since, oldest) >= 0)
                    (meaning, isCovered) = (meaning with { Since = oldest }, true);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => Array.Clear(slots);

    private readonly record struct Meaning(bool IsSet, ushort Since, Series? Series);
}
