namespace OppTel.Telemetry;

/// <summary>How records come; names in snake case are label values. Append only.</summary>
public enum Transport : byte
{
    /// <summary>In the trailer of a packet that left anyway.</summary>
    Piggyback = 0,

    /// <summary>In the trailer of a heartbeat.</summary>
    Heartbeat = 1,

    /// <summary>In a dedicated frame or datagram.</summary>
    Dedicated = 2,
}

/// <summary>Facts about <see cref="Transport"/>.</summary>
public static class Transports
{
    /// <summary>Number of ways.</summary>
    public const int Count = 3;
}
