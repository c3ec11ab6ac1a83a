using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>A wish to read a metric more often, which lasts as long as beacons repeat it. Source: <c>struct opptel_beacon_boost</c>.</summary>
/// <param name="Metric">Id in the catalog of the beacon's <see cref="Beacon.HostInstance"/>.</param>
/// <param name="IntervalMicroseconds">From one reading to the next.</param>
/// <param name="RemainingMilliseconds">From now on; 0: no more.</param>
public readonly record struct BeaconBoost(uint Metric, uint IntervalMicroseconds, uint RemainingMilliseconds)
{
    /// <summary>Reads one entry.</summary>
    public static BeaconBoost Read(ReadOnlySpan<byte> entry) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(entry),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));

    /// <summary>Writes one entry.</summary>
    public void Write(Span<byte> entry)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Metric);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], IntervalMicroseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], RemainingMilliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], 0);
    }
}
