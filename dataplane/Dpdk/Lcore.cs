namespace OppTel.Dpdk;

/// <summary>DPDK's worker threads: pinned, and with a cache of mbufs each.</summary>
public static unsafe class Lcore
{
    /// <summary>Starts a function on an idle lcore.</summary>
    /// <exception cref="DpdkException">No such lcore, or it is busy.</exception>
    public static void Launch(uint lcore, delegate* unmanaged[Cdecl]<void*, int> function, void* argument) =>
        DpdkException.Check($"lcore {lcore}: launch", () => Native.opptel_lcore_launch(lcore, function, argument));

    /// <summary>Waits until the function on this lcore returned, and gives its result.</summary>
    public static int Wait(uint lcore) => Native.opptel_lcore_wait(lcore);

    /// <summary>Says how late the kernel may wake the calling thread; false when it does not listen.</summary>
    public static bool TrySetTimerSlack(ulong nanoseconds) => Native.opptel_set_timer_slack(nanoseconds) == 0;

    /// <summary>Sleeps (not at all for 0) and returns CLOCK_BOOTTIME in ns; allocates nothing.</summary>
    public static ulong Sleep(ulong nanoseconds) => Native.opptel_sleep(nanoseconds);
}
