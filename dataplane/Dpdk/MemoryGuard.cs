namespace OppTel.Dpdk;

/// <summary>Keeps this process alive when memory that it shares through a file goes away, because somebody cut the file short.</summary>
public static unsafe class MemoryGuard
{
    /// <summary>From now on a page of this range that is gone is replaced by an empty one of this process alone. One range at a time.</summary>
    /// <param name="start">Start of a page.</param>
    /// <param name="size">Bytes.</param>
    /// <exception cref="DpdkException">The kernel refused.</exception>
    public static void Protect(void* start, ulong size) =>
        DpdkException.Check("signal handler for lost memory", () => Native.opptel_guard_memory(start, size));
}
