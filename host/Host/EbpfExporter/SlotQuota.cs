namespace OppTel.Host.EbpfExporter;

/// <summary>The slots that all series of this source may take together.</summary>
/// <param name="slots">How many.</param>
internal sealed class SlotQuota(int slots)
{
    private int left = slots;

    /// <summary>Takes slots, or none when there are not so many.</summary>
    public bool TryTake(int count)
    {
        if (count > left)
            return false;
        left -= count;
        return true;
    }

    /// <summary>Gives slots back.</summary>
    public void Give(int count) => left += count;
}
