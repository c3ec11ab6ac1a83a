namespace OppTel.Wire;

/// <summary>Which frames of the dedicated stream have arrived: a beacon's acknowledgement of them.</summary>
/// <param name="Highest">Highest sequence number.</param>
/// <param name="Seen">Bit i: the frame with number <paramref name="Highest"/> - i has arrived; 0 when none ever did.</param>
public readonly record struct DedicatedArrivals(uint Highest, ulong Seen)
{
    /// <summary>Number of the stream in trailers; CPUs have lower ones. Source: <c>OPPTEL_DEDICATED_STREAM</c>.</summary>
    public const ushort Stream = ushort.MaxValue;

    /// <summary>Whether a frame is known to have arrived; one that lags behind the bitmap is not.</summary>
    public bool Has(uint sequence) => Highest - sequence < 64 && (Seen >> (int)(Highest - sequence) & 1) != 0;
}
