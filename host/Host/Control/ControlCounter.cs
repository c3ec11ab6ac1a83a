namespace OppTel.Host.Control;

/// <summary>
/// Numbers the control packets of this process, on all ways together: who records one and sends it on another way cannot get ahead of what is sent
/// there next. It goes on above the first ones when a way is opened again.
/// </summary>
internal static class ControlCounter
{
    private static ulong last = Native.Boottime;

    /// <summary>The next number.</summary>
    public static ulong Next() => Interlocked.Increment(ref last);
}
