namespace OppTel.Exports.Push;

/// <summary>Unix time in nanoseconds.</summary>
internal static class UnixNanoseconds
{
    /// <summary>Nanoseconds since 1970; resolution 100 ns.</summary>
    public static long Of(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
