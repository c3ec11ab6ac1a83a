using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>
/// Payload of a beacon: fixed part, one entry for each acknowledged stream, one for each boost. Source: <c>struct opptel_beacon</c>,
/// whose unused entries stay off the wire.
/// </summary>
/// <param name="Time">CLOCK_BOOTTIME ns of the DPU when composed.</param>
/// <param name="HostInstance">Whose catalog the aggregator has; 0 for none.</param>
/// <param name="LeaseMilliseconds">The host may append for this long; 0: stop now.</param>
/// <param name="Epoch">Newest complete catalog epoch of that instance.</param>
/// <param name="Streams">Entries behind the fixed part, at most <see cref="MaxStreams"/>.</param>
/// <param name="MaxTrailer">Longest trailer in bytes, footer included.</param>
/// <param name="Boosts">Entries behind those of streams, at most <see cref="MaxBoosts"/>.</param>
/// <param name="Flags">What the stripper wants of trailers.</param>
/// <param name="Dedicated">Dedicated frames that have arrived.</param>
public readonly record struct Beacon(
    ulong Time, ulong HostInstance, uint LeaseMilliseconds, ushort Epoch, ushort Streams, ushort MaxTrailer, ushort Boosts = 0,
    BeaconFlags Flags = BeaconFlags.None, DedicatedArrivals Dedicated = default)
{
    /// <summary>Bytes of the fixed part.</summary>
    public const int FixedSize = 48;

    /// <summary>Bytes of a stream entry.</summary>
    public const int StreamSize = 16;

    /// <summary>Most stream entries.</summary>
    public const int MaxStreams = 64;

    /// <summary>Bytes of a boost entry.</summary>
    public const int BoostSize = 16;

    /// <summary>Most boost entries.</summary>
    public const int MaxBoosts = 16;

    /// <summary>Offset of <see cref="HostInstance"/>.</summary>
    public const int HostInstanceOffset = 8;

    /// <summary>Offset of <see cref="LeaseMilliseconds"/>.</summary>
    public const int LeaseOffset = 16;

    /// <summary>Offset of <see cref="Epoch"/>.</summary>
    public const int EpochOffset = 20;

    /// <summary>Offset of <see cref="Streams"/>.</summary>
    public const int StreamsOffset = 22;

    /// <summary>Offset of <see cref="MaxTrailer"/>.</summary>
    public const int MaxTrailerOffset = 24;

    /// <summary>Offset of <see cref="Boosts"/>.</summary>
    public const int BoostsOffset = 26;

    /// <summary>Offset of <see cref="Flags"/>.</summary>
    public const int FlagsOffset = 28;

    /// <summary>Offset of the arrivals' bitmap.</summary>
    public const int DedicatedSeenOffset = 32;

    /// <summary>Offset of the arrivals' highest number.</summary>
    public const int DedicatedHighestOffset = 40;

    /// <summary>Bytes of a payload with this many entries.</summary>
    public static int Size(int streams, int boosts = 0) => FixedSize + (streams * StreamSize) + (boosts * BoostSize);

    /// <summary>Reads the fixed part; false when the payload is short of it or of the entries it announces.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out Beacon beacon)
    {
        beacon = default;
        if (payload.Length < FixedSize)
            return false;
        ushort streams = BinaryPrimitives.ReadUInt16LittleEndian(payload[StreamsOffset..]);
        ushort boosts = BinaryPrimitives.ReadUInt16LittleEndian(payload[BoostsOffset..]);
        if (streams > MaxStreams || boosts > MaxBoosts || payload.Length < Size(streams, boosts))
            return false;
        beacon = new Beacon(
            BinaryPrimitives.ReadUInt64LittleEndian(payload),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[HostInstanceOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(payload[LeaseOffset..]),
            BinaryPrimitives.ReadUInt16LittleEndian(payload[EpochOffset..]),
            streams,
            BinaryPrimitives.ReadUInt16LittleEndian(payload[MaxTrailerOffset..]),
            boosts,
            (BeaconFlags)BinaryPrimitives.ReadUInt16LittleEndian(payload[FlagsOffset..]),
            new DedicatedArrivals(
                BinaryPrimitives.ReadUInt32LittleEndian(payload[DedicatedHighestOffset..]),
                BinaryPrimitives.ReadUInt64LittleEndian(payload[DedicatedSeenOffset..])));
        return true;
    }

    /// <summary>Stream entry <paramref name="index"/> of a payload that <see cref="TryRead"/> accepted.</summary>
    public static BeaconStream Stream(ReadOnlySpan<byte> payload, int index) => BeaconStream.Read(payload[Size(index)..]);

    /// <summary>Boost entry <paramref name="index"/> of a payload that <see cref="TryRead"/> accepted as this beacon.</summary>
    public BeaconBoost Boost(ReadOnlySpan<byte> payload, int index) => BeaconBoost.Read(payload[Size(Streams, index)..]);

    /// <summary>Writes the fixed part into the first <see cref="FixedSize"/> bytes; the entries are the caller's.</summary>
    public void Write(Span<byte> payload)
    {
        payload[..FixedSize].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(payload, Time);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[HostInstanceOffset..], HostInstance);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[LeaseOffset..], LeaseMilliseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[EpochOffset..], Epoch);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[StreamsOffset..], Streams);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[MaxTrailerOffset..], MaxTrailer);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[BoostsOffset..], Boosts);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[FlagsOffset..], (ushort)Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[DedicatedSeenOffset..], Dedicated.Seen);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[DedicatedHighestOffset..], Dedicated.Highest);
    }
}

/// <summary>What the DPU has of one stream. Source: <c>struct opptel_beacon_stream</c>.</summary>
/// <param name="Stream">CPU number of the host.</param>
/// <param name="Highest">Highest sequence number seen.</param>
/// <param name="Lost">Trailers lost so far.</param>
/// <param name="Missing">Of the newest 64 numbers, those that have not arrived: late or lost.</param>
public readonly record struct BeaconStream(ushort Stream, uint Highest, ulong Lost, ushort Missing = 0)
{
    /// <summary>Reads one entry.</summary>
    public static BeaconStream Read(ReadOnlySpan<byte> entry) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(entry),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
        BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]));

    /// <summary>Writes one entry.</summary>
    public void Write(Span<byte> entry)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(entry, Stream);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], Missing);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Highest);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], Lost);
    }
}
