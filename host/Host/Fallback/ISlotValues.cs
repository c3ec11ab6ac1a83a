namespace OppTel.Host.Fallback;

/// <summary>Where a sender reads what it sends.</summary>
public interface ISlotValues
{
    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    ulong Now { get; }

    /// <summary>What a slot holds now; 48 bits of it travel.</summary>
    ulong ValueOf(uint slot);
}

/// <summary>The slots of the running daemon.</summary>
/// <param name="kernel">The kernel side.</param>
internal sealed class KernelValues(HostKernel kernel) : ISlotValues
{
    /// <inheritdoc/>
    public ulong Now => Native.Boottime;

    /// <inheritdoc/>
    public ulong ValueOf(uint slot) => kernel.ValueOf(slot);
}
