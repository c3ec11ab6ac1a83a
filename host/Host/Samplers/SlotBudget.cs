namespace OppTel.Host.Samplers;

/// <summary>One door's share of the slots, or of the ids of metrics, for what is declared while the daemon runs.</summary>
/// <param name="most">Of all that it has together.</param>
internal sealed class SlotBudget(int most)
{
    private int used;

    /// <summary>Takes so many, or none.</summary>
    public bool TryTake(int slots)
    {
        if (slots > most - used)
            return false;
        used += slots;
        return true;
    }

    /// <summary>Gives so many back.</summary>
    public void Give(int slots) => used -= slots;
}
