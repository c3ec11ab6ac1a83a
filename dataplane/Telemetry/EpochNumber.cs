namespace OppTel.Telemetry;

/// <summary>Serial number arithmetic of catalog epochs (RFC 1982, 16 bits).</summary>
public static class EpochNumber
{
    /// <summary>Steps from one epoch to another: negative when <paramref name="to"/> is the older one.</summary>
    public static int Distance(ushort from, ushort to) => (short)(to - from);
}
