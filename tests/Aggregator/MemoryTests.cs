using OppTel.Catalog;
using OppTel.Recorder;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;
using OppTel.Wire;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>What series, distributions and the recorder take is what their bounds say, however much comes and goes.</summary>
[Collection(nameof(Alone))]
public class MemoryTests
{
    private const ulong Second = 1_000_000_000;
    private const int Series = 10_000;
    private const int Replaced = 2_000;

    /// <summary>Bytes that a series with its texts may take, labels of this test included.</summary>
    private const long SeriesBytes = 3_000;

    private static readonly Metric[] Metrics = [TestHost.Metric(1, "depth_length", Kind.Gauge, Encoding.Double)];

    [Fact]
    public void TenThousandSeriesWithDistributionsAndTheRecorderKeepTheirBoundsUnderChurn()
    {
        const long Cap = 48 << 20, Recorded = 64 << 20;
        long idle = GC.GetTotalMemory(forceFullCollection: true);
        DistributionSet set = new(new DistributionOptions(["*"], Cap));
        ulong now = 100 * Second;
        using RecordHistory recorder = new(Recorded, 300 * Second, () => Volatile.Read(ref now), exception => throw exception);
        recorder.Start();
        SeriesTable table = new(Series + Replaced, Second, new HashSet<string>()) { Distributions = set, Sinks = [recorder] };
        Receiver receiver = new(table, new CatalogLimits { EpochHistory = 4 }, ControlKey.Public);
        receiver.SetPorts(["host0"], Second);
        TestHost host = new(7);
        long most = 0, early = 0;
        for (ushort epoch = 1; epoch <= 16; epoch++)
        {
            SendCatalog(receiver, host, epoch, now);
            for (int record = 0; record < 20; record++)
            {
                SendAll(receiver, host, epoch, now += Second / 20, record);
                receiver.Advance(now);
                Fold(set);
            }

            now += 2 * Second;
            receiver.Maintain(now);
            receiver.Publish();
            Fold(set);
            Assert.InRange(set.Bytes, 0, Cap);
            Assert.Equal(Series, table.Snapshot.Count);
            long taken = GC.GetTotalMemory(forceFullCollection: true) - idle;
            (most, early) = (Math.Max(most, taken), epoch <= 4 ? Math.Max(early, taken) : early);
        }

        Assert.InRange(set.Count, 1000, Series);
        Assert.True(set.Refused > 0);
        Assert.InRange(most, Cap / 2, Cap + Recorded + ((Series + Replaced) * SeriesBytes));
        Assert.InRange(most, 0, early * 11 / 10);
        Assert.True(recorder.State.StoredRecords > 0);
        GC.KeepAlive(receiver);
    }

    /// <summary>In parts: a control frame carries 16 KiB at most.</summary>
    private static void SendCatalog(Receiver receiver, TestHost host, ushort epoch, ulong now)
    {
        Block[][] parts = [.. Enumerable.Range(0, Series).Select(Entity).Chunk(100)];
        for (int part = 0; part < parts.Length; part++)
        {
            CatalogUpdate update = host.Whole(epoch, Metrics, parts[part]);
            (update.Part, update.Parts) = ((uint)part, (uint)parts.Length);
            receiver.TakeControl(0, host.Catalog(update), now);
        }

        Assert.Equal(epoch, receiver.Hosts[0].Catalog.Epoch);

        Block Entity(int slot)
        {
            // Each epoch has other ones at its beginning, and those of the one before at other slots.
            int entity = ((epoch - 1) * Replaced) + slot;
            return TestHost.Block((uint)slot, [1], ("entity", $"{entity}"), ("cgroup", $"/kubepods.slice/pod{entity % 100:x8}.slice"));
        }
    }

    private static void SendAll(Receiver receiver, TestHost host, ushort epoch, ulong now, int record)
    {
        Span<ValueRecord> values = stackalloc ValueRecord[100];
        for (int first = 0; first < Series; first += values.Length)
        {
            // Over many powers of two and both signs: every histogram uses all of its buckets.
            for (int index = 0; index < values.Length; index++)
            {
                double value = Math.Pow(1.35, ((record * 37) + first + index) % 100) * (record % 2 == 0 ? 1 : -1);
                values[index] = new ValueRecord((ushort)(first + index), BitConverter.DoubleToUInt64Bits(value) >> 16);
            }

            receiver.TakeTrailer(0, host.Trailer(0, epoch, now, values), now);
        }
    }

    private static void Fold(DistributionSet set)
    {
        while (set.Fold() > 0)
        {
        }
    }
}
