namespace OppTel.Host.Boosts;

/// <summary>A slot that the clock of a CPU can read.</summary>
/// <param name="Cpu">Whose clock.</param>
/// <param name="Slot">Its number.</param>
public readonly record struct ClockedSlot(int Cpu, uint Slot);

/// <summary>Everything that is boosted at a time.</summary>
/// <param name="Interval">From one reading to the next.</param>
/// <param name="Clocked">Slots that clocks read.</param>
/// <param name="Metrics">All metrics: whoever reads them for the daemon reads more often.</param>
/// <param name="Hastened">Those of them that clocks do not read: they leave as soon as any, and do not rest.</param>
public sealed record BoostOrder(
    TimeSpan Interval, IReadOnlyList<ClockedSlot> Clocked, IReadOnlySet<uint> Metrics, IReadOnlySet<uint> Hastened)
{
    /// <summary>Nothing.</summary>
    public static BoostOrder None { get; } = new(TimeSpan.MaxValue, [], new HashSet<uint>(), new HashSet<uint>());
}

/// <summary>What boosts work on.</summary>
public interface IBoostTarget
{
    /// <summary>The name of a metric; null for one that is not known.</summary>
    string? NameOf(uint metric);

    /// <summary>Slots of a metric of the host or of CPUs; none where clocks cannot read it.</summary>
    IReadOnlyList<ClockedSlot> SlotsOf(uint metric);

    /// <summary>Slots of one CPU that its clock takes besides those that it always reads.</summary>
    int FreeSlots(int cpu);

    /// <summary>Replaces what is boosted.</summary>
    void Apply(BoostOrder order);
}
