namespace OppTel.Telemetry;

/// <summary>Time between two readings of one clock that different threads took: the later-looking one may be the earlier.</summary>
public static class Elapsed
{
    /// <summary>Nanoseconds from <paramref name="then"/> to <paramref name="now"/>; 0 when it was taken after.</summary>
    public static ulong Between(ulong then, ulong now) => now > then ? now - then : 0;
}
