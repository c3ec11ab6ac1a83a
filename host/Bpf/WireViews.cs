using OppTel.Wire;

namespace OppTel.Bpf;

/// <summary>
/// Where the readers and writers of OppTel.Wire find each field, learned by running them: a reader on zeros with one byte set
/// shows whose byte that is, a writer of zeros with one field set shows where that field goes.
/// </summary>
public static class WireViews
{
    /// <summary>The structures of the wire by their names in C.</summary>
    public static IReadOnlyList<(string Name, StructureLayout View)> All =>
    [
        ("opptel_footer", Footers()), ("opptel_value", Records(values: 1, samples: 0)), ("opptel_sample", Records(values: 0, samples: 1)),
        ("opptel_control", Control()), ("opptel_beacon", Beacons()), ("opptel_beacon_stream", BeaconStreams()),
        ("opptel_beacon_boost", BeaconBoosts()),
    ];

    private static StructureLayout Footers() => Read(WireFormat.FooterSize, bytes =>
    {
        Footer footer = Footer.Read(bytes);
        return
        [
            ("time", footer.Time), ("stream", footer.Stream), ("sequence", footer.Sequence), ("epoch", footer.Epoch),
            ("values", (ulong)footer.Values), ("samples", (ulong)footer.Samples), ("version_flags", (uint)footer.Version | (byte)footer.Flags),
            ("pad", (ulong)footer.Pad), ("checksum", footer.Checksum), ("length", (ulong)footer.Length), ("magic", footer.Magic),
        ];
    });

    private static StructureLayout Records(byte values, byte samples)
    {
        int size = values > 0 ? WireFormat.ValueSize : WireFormat.SampleSize;
        byte[] trailer = new byte[size + WireFormat.FooterSize];
        Footer.Create(0, 0, 0, 0, values, samples, TrailerFlags.None, 0).Write(trailer);
        return Read(size, bytes =>
        {
            bytes.CopyTo(trailer, 0);
            TrailerReader reader = new(trailer);
            if (values > 0)
                return [("slot", reader.Value(0).Slot), ("value", reader.Value(0).Raw)];
            SampleRecord sample = reader.Sample(0);
            return [("slot", sample.Slot), ("flags", sample.Flags), ("age_ns", sample.AgeNanoseconds), ("value", sample.Raw)];
        });
    }

    private static StructureLayout Control() => Written(
        ControlHeader.Size,
        ("version", Nothing, bytes => default(ControlHeader).Write(bytes)),
        ("kind", Zero, bytes => new ControlHeader((ControlKind)0xFF, 0, 0, 0).Write(bytes)),
        ("length", Zero, bytes => new ControlHeader(0, ushort.MaxValue, 0, 0).Write(bytes)),
        ("echo", Zero, bytes => new ControlHeader(0, 0, 0, 0, uint.MaxValue).Write(bytes)),
        ("instance", Zero, bytes => new ControlHeader(0, 0, ulong.MaxValue, 0).Write(bytes)),
        ("counter", Zero, bytes => new ControlHeader(0, 0, 0, ulong.MaxValue).Write(bytes)),
        ("tag", Zero, bytes => bytes[ControlHeader.TagOffset] = 0xFF));

    private static StructureLayout Beacons() => Written(
        Beacon.Size(Beacon.MaxStreams),
        ("time", Nothing, bytes => new Beacon(ulong.MaxValue, 0, 0, 0, 0, 0).Write(bytes)),
        ("host_instance", Nothing, bytes => new Beacon(0, ulong.MaxValue, 0, 0, 0, 0).Write(bytes)),
        ("lease_ms", Nothing, bytes => new Beacon(0, 0, uint.MaxValue, 0, 0, 0).Write(bytes)),
        ("epoch", Nothing, bytes => new Beacon(0, 0, 0, ushort.MaxValue, 0, 0).Write(bytes)),
        ("streams", Nothing, bytes => new Beacon(0, 0, 0, 0, ushort.MaxValue, 0).Write(bytes)),
        ("max_trailer", Nothing, bytes => new Beacon(0, 0, 0, 0, 0, ushort.MaxValue).Write(bytes)),
        ("boosts", Nothing, bytes => new Beacon(0, 0, 0, 0, 0, 0, ushort.MaxValue).Write(bytes)),
        ("flags", Nothing, bytes => new Beacon(0, 0, 0, 0, 0, 0, 0, (BeaconFlags)ushort.MaxValue).Write(bytes)),
        ("dedicated_seen", Nothing, bytes => new Beacon(0, 0, 0, 0, 0, 0, 0, BeaconFlags.None, new DedicatedArrivals(0, ulong.MaxValue)).Write(bytes)),
        ("dedicated_highest", Nothing, bytes => new Beacon(0, 0, 0, 0, 0, 0, 0, BeaconFlags.None, new DedicatedArrivals(uint.MaxValue, 0)).Write(bytes)),
        ("stream", Nothing, bytes => bytes[Beacon.Size(0)] = 0xFF));

    private static StructureLayout BeaconStreams() => Written(
        Beacon.StreamSize,
        ("stream", Nothing, bytes => new BeaconStream(ushort.MaxValue, 0, 0).Write(bytes)),
        ("missing", Nothing, bytes => new BeaconStream(0, 0, 0, ushort.MaxValue).Write(bytes)),
        ("highest", Nothing, bytes => new BeaconStream(0, uint.MaxValue, 0).Write(bytes)),
        ("lost", Nothing, bytes => new BeaconStream(0, 0, ulong.MaxValue).Write(bytes)));

    private static StructureLayout BeaconBoosts() => Written(
        Beacon.BoostSize,
        ("metric", Nothing, bytes => new BeaconBoost(uint.MaxValue, 0, 0).Write(bytes)),
        ("interval_us", Nothing, bytes => new BeaconBoost(0, uint.MaxValue, 0).Write(bytes)),
        ("remaining_ms", Nothing, bytes => new BeaconBoost(0, 0, uint.MaxValue).Write(bytes)));

    private static void Nothing(byte[] bytes) => Array.Clear(bytes);

    private static void Zero(byte[] bytes) => default(ControlHeader).Write(bytes);

    private static StructureLayout Read(int size, Func<byte[], (string Field, ulong Value)[]> read)
    {
        Dictionary<string, int> offsets = [];
        for (int offset = 0; offset < size; offset++)
        {
            byte[] bytes = new byte[size];
            bytes[offset] = 0xFF;
            foreach ((string field, ulong value) in read(bytes))
            {
                if (value != 0)
                    offsets.TryAdd(field, offset);
            }
        }

        return new StructureLayout(size, offsets);
    }

    private static StructureLayout Written(int size, params (string Field, Action<byte[]> Start, Action<byte[]> Write)[] writers)
    {
        Dictionary<string, int> offsets = [];
        foreach ((string field, Action<byte[]> start, Action<byte[]> write) in writers)
        {
            byte[] before = new byte[size], after = new byte[size];
            start(before);
            start(after);
            write(after);
            offsets[field] = Enumerable.Range(0, size).First(offset => before[offset] != after[offset]);
        }

        return new StructureLayout(size, offsets);
    }
}
