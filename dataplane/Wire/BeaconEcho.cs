namespace OppTel.Wire;

/// <summary>
/// What a host repeats of the beacon that it accepted last: the DPU tells by it, and by nothing that it would have to remember, that a frame was
/// made a short time ago. Section 7 of <c>bpf/WIRE.md</c>.
/// </summary>
public static class BeaconEcho
{
    private const ulong Millisecond = 1_000_000;

    /// <summary>The echo of a beacon: its milliseconds, mixed with the DPU's instance; never 0.</summary>
    /// <param name="time">The beacon's time: CLOCK_BOOTTIME ns of the DPU.</param>
    /// <param name="instance">The instance in the beacon's header.</param>
    public static uint Of(ulong time, ulong instance) => Math.Max(1, (uint)(time / Millisecond) ^ Mix(instance));

    /// <summary>Whether an echo is that of a beacon of this instance within the last so many milliseconds.</summary>
    public static bool IsFresh(uint echo, ulong now, ulong instance, uint milliseconds) =>
        echo != 0 && (uint)(now / Millisecond) - (echo ^ Mix(instance)) <= milliseconds;

    /// <summary>Milliseconds from the beacon of one echo to that of another, both of one instance: negative when the other one is older.</summary>
    public static int Distance(uint from, uint to, ulong instance) => (int)((to ^ Mix(instance)) - (from ^ Mix(instance)));

    private static uint Mix(ulong instance) => (uint)instance ^ (uint)(instance >> 32);
}
