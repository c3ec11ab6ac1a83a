using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.EbpfExporter.Decoders;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>
/// The series of one map. A key that is known is found by its bytes and counts without allocating; only new ones are decoded. Keys that
/// have left the map are given up after a while, and so are series without keys.
/// </summary>
internal sealed class MetricTable : IDisposable
{
    private readonly ExporterMetric metric;
    private readonly MapReader map;
    private readonly DecoderContext context;
    private readonly SlotQuota quota;
    private readonly ulong[] outcomes;
    private readonly int mostKeys;
    private readonly byte[]? cpuKey;
    private readonly Dictionary<byte[], KnownKey> known = new(new KeyBytes());
    private readonly Dictionary<byte[], KnownKey>.AlternateLookup<ReadOnlySpan<byte>> find;
    private readonly List<ExporterSeries> all = [];
    private readonly Dictionary<string, ExporterSeries> byName = new(StringComparer.Ordinal);
    private readonly SlotBatch batch = new();
    private Metric? defined;
    private ulong readBefore;
    private ExporterSeries? other;

    /// <summary>For a loaded map; a counter with labels sets a slot aside for those that find none.</summary>
    /// <param name="metric">What it becomes.</param>
    /// <param name="map">The map.</param>
    /// <param name="mostEntries">How many it holds at most.</param>
    /// <param name="context">What decoders ask.</param>
    /// <param name="quota">Slots that there are.</param>
    /// <param name="outcomes">Counts what becomes of keys, by <see cref="KeyOutcome"/>.</param>
    /// <exception cref="OperatorException">There is no slot left.</exception>
    public MetricTable(ExporterMetric metric, MapReader map, int mostEntries, DecoderContext context, SlotQuota quota, ulong[] outcomes)
    {
        (this.metric, this.map, this.context, this.quota, this.outcomes) = (metric, map, context, quota, outcomes);
        find = known.GetAlternateLookup<ReadOnlySpan<byte>>();
        bool isByCpu = map.IsPerCpu && metric.Layout.IsByCpu && metric.Buckets is null;
        cpuKey = isByCpu ? new byte[map.KeySize + KeyLayout.CpuSize] : null;
        // Twice as many, since some of them may be new.
        mostKeys = 2 * mostEntries * (isByCpu ? map.Cpus : 1);
        if (HasOther && !quota.TryTake(1))
            throw new OperatorException(ExitCode.Configuration, $"{metric.Place}: no slot is left for {metric.Metric.Name}; give more (ebpf_exporter.slots)");
    }

    private bool HasOther => metric.Buckets is null && metric.Layout.Labels.Count > 0;

    /// <summary>Reads the map, and stores what has changed.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="store">Takes the values.</param>
    /// <exception cref="IOException">The kernel refused.</exception>
    public void Read(ulong now, ISlotStore store)
    {
        defined ??= store.Define(metric.Metric);
        map.Restart();
        while (map.TryRead(out int count))
        {
            for (int entry = 0; entry < count; entry++)
                Take(entry, now, store);
        }

        foreach (ExporterSeries series in all)
            series.WriteTo(batch, store);
        batch.Flush(store);
        readBefore = now;
    }

    /// <summary>Gives up keys that have not been in the map since <paramref name="oldest"/>, and series without keys.</summary>
    public void Sweep(ulong oldest, ISlotStore store)
    {
        foreach ((byte[] bytes, KnownKey key) in known)
        {
            if (key.SeenAt >= oldest)
                continue;
            // Removal while enumerating is allowed for dictionaries.
            known.Remove(bytes);
            if (key.Series is not { } series)
                continue;
            series.Leave();
            if (series.Keys == 0 && series != other)
                GiveUp(series, store);
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
        for (ushort cpu = 0; cpu < map.Cpus; cpu++)
        {
            MemoryMarshal.Write(cpuKey.AsSpan(map.KeySize), cpu);
            // A CPU that has counted nothing yet, or does not exist, has no series.
            if (map.Value(entry, cpu) is var value and not 0)
                Count(cpuKey, value, now, store);
        }
    }

    private void Count(ReadOnlySpan<byte> bytes, ulong value, ulong now, ISlotStore store)
    {
        if (!find.TryGetValue(bytes, out KnownKey? key))
        {
            // Those of the last reading are kept: this one may not have come to them yet.
            if (known.Count >= mostKeys)
                Sweep(readBefore, store);
            if (Learn(bytes, store) is not { } learnt)
                return;
            key = find[bytes] = learnt;
        }

        key.SeenAt = now;
        key.Series?.Count(key, value);
    }

    /// <summary>Null while the slots of a series that was given up are still on their way back.</summary>
    private KnownKey? Learn(ReadOnlySpan<byte> bytes, ISlotStore store)
    {
        int slot = 0;
        if (metric.Buckets is { } buckets)
        {
            if (buckets.SlotOf(bytes) is not { } bucket)
                return Hidden(KeyOutcome.OutOfRange);
            slot = bucket;
        }

        // The only label of a per-CPU map stands behind a number that is 0.
        bool isBare = metric.Layout.Size == KeyLayout.CpuSize && cpuKey is not null;
        if (metric.Layout.Size == 0 || isBare)
        {
            if (bytes[..KeyLayout.UnlabelledSize].ContainsAnyExcept((byte)0))
                return Hidden(KeyOutcome.OutOfRange);
            bytes = bytes[KeyLayout.UnlabelledSize..];
        }

        if (metric.Layout.Decode(bytes, context) is not { } labels)
            return Hidden(KeyOutcome.Refused);
        string name = string.Concat(labels.Select(label => $"{label.Key}\u0001{label.Value}\u0002"));
        if (!byName.TryGetValue(name, out ExporterSeries? series))
        {
            if (!quota.TryTake(defined!.Slots))
                return HasOther ? Join(Other(store), 0, KeyOutcome.Other) : Hidden(KeyOutcome.NoSlots);
            if (Declare(name, labels, metric.Buckets is not null, store) is not { } declared)
            {
                quota.Give(defined.Slots);
                return null;
            }

            series = byName[name] = declared;
        }

        return Join(series, slot, KeyOutcome.Shown);
    }

    private ExporterSeries? Other(ISlotStore store) => other ??= Declare("", metric.Layout.Other(), keepsSum: true, store);

    private ExporterSeries? Declare(string name, IReadOnlyDictionary<string, string> labels, bool keepsSum, ISlotStore store)
    {
        if (store.Declare(defined!, labels) is not { } firstSlot)
            return null;
        ExporterSeries series = new(name, firstSlot, defined!.Slots, keepsSum);
        all.Add(series);
        return series;
    }

    private void GiveUp(ExporterSeries series, ISlotStore store)
    {
        all.Remove(series);
        byName.Remove(series.Name);
        store.Withdraw(series.FirstSlot);
        quota.Give(series.Slots);
    }

    private KnownKey? Join(ExporterSeries? series, int slot, KeyOutcome outcome)
    {
        if (series is null)
            return null;
        series.Join();
        Tell(outcome);
        return new KnownKey(series, slot);
    }

    private KnownKey Hidden(KeyOutcome outcome)
    {
        Tell(outcome);
        return new KnownKey(null, 0);
    }

    private void Tell(KeyOutcome outcome) => Interlocked.Increment(ref outcomes[(int)outcome]);
}
