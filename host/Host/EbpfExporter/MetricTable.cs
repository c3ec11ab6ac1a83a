using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Host.EbpfExporter.Decoders;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>
/// The keys of one map. A key that is known is found by its bytes and counts without allocating; only new ones are decoded. Keys that
/// have left the map are given up after a while.
/// </summary>
/// <param name="metric">What the map becomes.</param>
/// <param name="map">The map.</param>
/// <param name="mostEntries">How many it holds at most.</param>
/// <param name="context">What decoders ask.</param>
/// <param name="series">Where keys count.</param>
/// <param name="outcomes">Counts what becomes of keys, by <see cref="KeyOutcome"/>.</param>
internal sealed class MetricTable(ExporterMetric metric, MapReader map, int mostEntries, DecoderContext context, SeriesBook series, ulong[] outcomes) : IDisposable
{
    // Decoding asks files: many new keys at once would hold up the daemon's thread.
    private const int MostNewKeys = 1000;
    private readonly Dictionary<byte[], KnownKey> known = new(new KeyBytes());
    private readonly byte[]? cpuKey = map.IsPerCpu && metric.Layout.IsByCpu && metric.Buckets is null ? new byte[map.KeySize + KeyLayout.CpuSize] : null;
    private ulong readBefore;
    private int newKeys;

    // Twice as many as there can be, since some of them may be new.
    private int MostKeys => 2 * mostEntries * (cpuKey is null ? 1 : map.Cpus);

    /// <summary>Reads the map, and stores what has changed.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="store">Takes the values.</param>
    /// <exception cref="IOException">The kernel refused.</exception>
    public void Read(ulong now, ISlotStore store)
    {
        newKeys = 0;
        map.Restart();
        while (map.TryRead(out int count))
        {
            for (int entry = 0; entry < count; entry++)
                Take(entry, now, store);
        }

        series.WriteTo(store);
        readBefore = now;
    }

    /// <summary>Gives up keys that have not been in the map since <paramref name="oldest"/>.</summary>
    public void Sweep(ulong oldest, ISlotStore store)
    {
        foreach ((byte[] bytes, KnownKey key) in known)
        {
            if (key.SeenAt >= oldest)
                continue;
            // Removal while enumerating is allowed for dictionaries.
            known.Remove(bytes);
            if (key.Series is { } left)
                series.Leave(left, store);
        }
    }

    public void Dispose() => map.Dispose();

    private void Take(int entry, ulong now, ISlotStore store)
    {
        if (cpuKey is null)
        {
            Count(map.Key(entry), map.Sum(entry), now, store);
            return;
        }

        map.Key(entry).CopyTo(cpuKey);
        for (int cpu = 0; cpu < map.Cpus; cpu++)
        {
            MemoryMarshal.Write(cpuKey.AsSpan(map.KeySize), (ushort)cpu);
            // A CPU that has counted nothing yet, or does not exist, has no series.
            if (map.Value(entry, cpu) is var value and not 0)
                Count(cpuKey, value, now, store);
        }
    }

    private void Count(ReadOnlySpan<byte> bytes, ulong value, ulong now, ISlotStore store)
    {
        if (!known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(bytes, out KnownKey? key))
        {
            if (newKeys++ >= MostNewKeys)
                return;
            // Those of the last reading are kept: this one may not have come to them yet.
            if (known.Count >= MostKeys)
                Sweep(readBefore, store);
            key = Learn(bytes, store);
            if (key is null)
                return;
            known[bytes.ToArray()] = key;
        }

        key.SeenAt = now;
        key.Series?.Count(key, value);
    }

    /// <summary>Null for one that is tried again at the next reading.</summary>
    private KnownKey? Learn(ReadOnlySpan<byte> bytes, ISlotStore store)
    {
        int slot = 0;
        if (metric.Buckets is { } buckets)
        {
            if (buckets.SlotOf(bytes) is not { } bucket)
                return Hidden(KeyOutcome.OutOfRange);
            slot = bucket;
        }

        // Where labels are made of nothing, or of the CPU alone, the key is a number that is 0.
        if (metric.Layout.Size == 0 || (cpuKey is not null && metric.Layout.Labels.Count == 1))
        {
            if (bytes[..KeyLayout.UnlabelledSize].ContainsAnyExcept((byte)0))
                return Hidden(KeyOutcome.OutOfRange);
            bytes = bytes[KeyLayout.UnlabelledSize..];
        }

        if (metric.Layout.Decode(bytes, context) is not { } labels)
            return Hidden(KeyOutcome.Refused);
        if (series.TryGet(labels, store, out ExporterSeries? found))
            return Join(found, slot, KeyOutcome.Shown);
        return series.HasOther ? Join(series.Other(store), 0, KeyOutcome.Other) : Hidden(KeyOutcome.NoSlots);
    }

    private KnownKey? Join(ExporterSeries? joined, int slot, KeyOutcome outcome)
    {
        if (joined is null)
            return null;
        joined.Join();
        Tell(outcome);
        return new KnownKey(joined, slot);
    }

    private KnownKey Hidden(KeyOutcome outcome)
    {
        Tell(outcome);
        return new KnownKey(null, 0);
    }

    private void Tell(KeyOutcome outcome) => Interlocked.Increment(ref outcomes[(int)outcome]);
}
