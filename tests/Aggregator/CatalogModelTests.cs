using CsCheck;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>
/// A host recycles slots at random, and its frames are lost, doubled and reordered at random. Whatever happens, a slot of a
/// complete epoch never means anything but what the host meant, and a repetition of the whole makes everything right.
/// </summary>
public class CatalogModelTests
{
    private const int Blocks = 8;
    private const int BlockSlots = 2;
    private static readonly Metric[] Metrics =
        [TestHost.Metric(1, "a_total", Kind.Counter), TestHost.Metric(2, "b_total", Kind.Counter)];

    [Fact]
    public void ACompleteEpochMeansWhatTheHostMeant() => Gen.Int.Sample(Play, iter: 2000);

    private static void Play(int seed)
    {
        Random random = new(seed);
        Model model = new(random);
        SeriesTable table = new(1000, 1_000_000_000, new HashSet<string>());
        HostCatalog catalog = new(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
        List<byte[]> late = [];
        for (int step = 0; step < 25; step++)
        {
            foreach (byte[] frame in model.Next())
            {
                if (random.Next(4) != 0)
                    catalog.Take(frame, (ulong)step);
                if (random.Next(3) == 0)
                    late.Add(frame);
            }

            for (int count = random.Next(4); count > 0 && late.Count > 0; count--)
                catalog.Take(late[random.Next(late.Count)], (ulong)step);
            table.Maintain((ulong)step * 400_000_000);
            model.AssertNeverWrong(catalog);
        }

        byte[][] whole = model.Encode(model.Newest, from: 0);
        random.Shuffle(whole);
        foreach (byte[] frame in whole)
            catalog.Take(frame, 100);
        Assert.Equal(model.Newest, catalog.Epoch);
        model.AssertExact(catalog);
    }

    private sealed class Model(Random random)
    {
        private readonly Dictionary<ushort, string?[]> epochs = [];
        private readonly HashSet<string> hasMoved = [];
        private int nextEntity;

        public ushort Newest { get; private set; } = random.Next(2) == 0 ? (ushort)random.Next(65500, 65536) : (ushort)random.Next(1, 65536);

        public byte[][] Next()
        {
            string?[] blocks = epochs.TryGetValue(Newest, out string?[]? before) ? [.. before] : new string?[Blocks];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int block = random.Next(Blocks);
                string entity = random.Next(3) == 0 ? $"e{random.Next(nextEntity + 1)}" : $"e{++nextEntity}";
                // A name that comes back may come in another slot, whose values count from then on.
                if (epochs.Values.Any(meanings => Array.IndexOf(meanings, entity) is var index and >= 0 && index != block))
                    hasMoved.Add(entity);
                blocks[block] = random.Next(3) == 0 || blocks.Contains(entity) ? null : entity;
            }

            ushort from = before is null || random.Next(3) == 0 ? (ushort)0 : random.Next(4) == 0 ? epochs.Keys.ElementAt(random.Next(epochs.Count)) : Newest;
            Newest = before is null ? Newest : Newest == ushort.MaxValue ? (ushort)1 : (ushort)(Newest + 1);
            epochs[Newest] = blocks;
            return Encode(Newest, from);
        }

        /// <summary>One frame for each changed block.</summary>
        public byte[][] Encode(ushort epoch, ushort from)
        {
            string?[] was = from == 0 ? new string?[Blocks] : epochs[from];
            string?[] now = epochs[epoch];
            List<CatalogUpdate> parts = [.. Enumerable.Range(0, Blocks).Where(block => was[block] != now[block]).Select(block => Part(epoch, from, block, now[block]))];
            if (parts.Count == 0)
                parts.Add(new CatalogUpdate { Epoch = epoch, BaseEpoch = from, Whole = from == 0, Host = "alpha" });
            parts[0].Metrics.AddRange(Metrics);
            for (int index = 0; index < parts.Count; index++)
                (parts[index].Part, parts[index].Parts) = ((uint)index, (uint)parts.Count);
            return [.. parts.Select(part => part.ToByteArray())];
        }

        public void AssertNeverWrong(HostCatalog catalog)
        {
            Assert.False(catalog.IsComplete((ushort)(Newest + 1)) || catalog.IsComplete(0));
            foreach ((ushort epoch, string?[] meant) in epochs)
            {
                if (!catalog.IsComplete(epoch))
                    continue;
                for (int slot = 0; slot < Blocks * BlockSlots; slot++)
                {
                    string? entity = meant[slot / BlockSlots];
                    if (catalog.Find((ushort)slot, epoch) is not { } series)
                        Assert.True(entity is null || hasMoved.Contains(entity), $"{entity} is forgotten");
                    else
                        Assert.Equal((meant[slot / BlockSlots], slot % BlockSlots), (EntityOf(series), series.Family.Name == "a_total" ? 0 : 1));
                }
            }

            if (catalog.Epoch != 0)
                AssertExact(catalog);
        }

        public void AssertExact(HostCatalog catalog)
        {
            string?[] meant = epochs[catalog.Epoch];
            for (int slot = 0; slot < Blocks * BlockSlots; slot++)
                Assert.Equal(meant[slot / BlockSlots], catalog.Find((ushort)slot, catalog.Epoch) is { } series ? EntityOf(series) : null);
        }

        private static string EntityOf(Series series) => series.Labels.Single(label => label.Key == "entity").Value;

        private static CatalogUpdate Part(ushort epoch, ushort from, int block, string? entity)
        {
            Block change = TestHost.Block((uint)(block * BlockSlots), [1, 2]);
            if (entity is null)
                change.Removed = true;
            else
                change.Labels.Add("entity", entity);
            return new CatalogUpdate { Epoch = epoch, BaseEpoch = from, Whole = from == 0, Host = "alpha", Blocks = { change } };
        }
    }
}
