using CsCheck;
using OppTel.Sketches.HeavyHitters;

namespace OppTel.Sketches.Tests.HeavyHitters;

public class SpaceSavingTests
{
    private static readonly Gen<int> Capacities = Gen.OneOf(1, 2, 7, 32, 100);

    [Fact]
    public void The_true_weight_lies_within_the_bounds_and_no_heavy_key_is_missing() =>
        Gen.Select(KeyStreams.Any, Capacities).Sample((stream, capacity) => AssertHolds(stream, Of(stream, capacity), capacity));

    [Fact]
    public void With_room_for_all_keys_it_counts_exactly() => KeyStreams.Any.Sample(stream =>
    {
        SpaceSaving<ulong> summary = Of(stream, 2000);
        Dictionary<ulong, double> exact = Exact(stream);
        Assert.Equal(0, summary.Unseen);
        Assert.Equal(exact.Count, summary.Count);
        foreach ((ulong key, double weight) in exact)
            Assert.Equal(new HeavyHitter<ulong>(key, weight, weight), Get(summary, key));
    });

    [Fact]
    public void A_merge_holds_for_both_streams() =>
        Gen.Select(KeyStreams.Any, KeyStreams.Any, KeyStreams.Any, Capacities, Capacities).Sample((one, other, after, capacity, otherCapacity) =>
        {
            SpaceSaving<ulong> merged = Of(one, capacity);
            merged.Merge(Of(other, otherCapacity));
            AssertHolds([.. one, .. other], merged, Math.Min(capacity, otherCapacity));
            Add(merged, after);
            AssertHolds([.. one, .. other, .. after], merged, Math.Min(capacity, otherCapacity));
        });

    [Fact]
    public void A_merge_of_many_is_as_good_as_of_two() => Gen.Select(KeyStreams.Any.Array[1, 8], Capacities).Sample((streams, capacity) =>
    {
        SpaceSaving<ulong> merged = new(capacity);
        foreach ((ulong, double)[] stream in streams)
            merged.Merge(Of(stream, capacity));
        AssertHolds([.. streams.SelectMany(stream => stream)], merged, capacity);
    });

    [Fact]
    public void The_top_is_the_heaviest_by_their_upper_bounds() => Gen.Select(KeyStreams.Any, Capacities, Gen.Int[0, 50]).Sample((stream, capacity, wanted) =>
    {
        SpaceSaving<ulong> summary = Of(stream, capacity);
        HeavyHitter<ulong>[] top = new HeavyHitter<ulong>[wanted];
        int written = summary.Top(top);
        Assert.Equal(Math.Min(wanted, summary.Count), written);
        double[] all = [.. Exact(stream).Keys.Where(key => summary.TryGet(key, out _)).Select(key => Get(summary, key).Upper).OrderDescending().Take(wanted)];
        Assert.Equal(all, top.Take(written).Select(hitter => hitter.Upper));
        Assert.All(top.Take(written), hitter => Assert.Equal(Get(summary, hitter.Key), hitter));
        Assert.Equal(written, top.Take(written).DistinctBy(hitter => hitter.Key).Count());
    });

    [Fact]
    public void A_cleared_summary_is_a_new_one() => Gen.Select(KeyStreams.Any, KeyStreams.Any, Capacities).Sample((before, stream, capacity) =>
    {
        SpaceSaving<ulong> summary = Of(before, capacity);
        summary.Clear();
        Assert.Equal((0, 0, 0), (summary.Count, summary.Total, summary.Unseen));
        Add(summary, stream);
        AssertHolds(stream, summary, capacity);
    });

    [Fact]
    public void Weights_that_are_none_are_not_added()
    {
        SpaceSaving<ulong> summary = new(2);
        foreach (double weight in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            summary.Add(1, weight);
        Assert.Equal((0, 0), (summary.Count, summary.Total));
    }

    private static void AssertHolds((ulong Key, double Weight)[] stream, SpaceSaving<ulong> summary, int capacity)
    {
        Dictionary<ulong, double> exact = Exact(stream);
        Assert.Equal(exact.Values.Sum(), summary.Total);
        Assert.InRange(summary.Count, 0, summary.Capacity);
        Assert.InRange(summary.Unseen, 0, summary.Total / capacity);
        int remembered = 0;
        foreach ((ulong key, double weight) in exact)
        {
            bool isThere = summary.TryGet(key, out HeavyHitter<ulong> hitter);
            remembered += isThere ? 1 : 0;
            Assert.InRange(weight, isThere ? hitter.Lower : 0, isThere ? hitter.Upper : summary.Unseen);
            Assert.True(isThere || weight <= summary.Total / capacity, $"key {key} of weight {weight} is missing");
            Assert.InRange(hitter.Error, 0, summary.Total / capacity);
        }

        Assert.Equal(summary.Count, remembered);
    }

    private static SpaceSaving<ulong> Of((ulong, double)[] stream, int capacity)
    {
        SpaceSaving<ulong> summary = new(capacity);
        Add(summary, stream);
        return summary;
    }

    private static void Add(SpaceSaving<ulong> summary, (ulong Key, double Weight)[] stream)
    {
        foreach ((ulong key, double weight) in stream)
            summary.Add(key, weight);
    }

    private static HeavyHitter<ulong> Get(SpaceSaving<ulong> summary, ulong key)
    {
        Assert.True(summary.TryGet(key, out HeavyHitter<ulong> hitter));
        return hitter;
    }

    private static Dictionary<ulong, double> Exact((ulong Key, double Weight)[] stream) =>
        stream.GroupBy(item => item.Key).ToDictionary(group => group.Key, group => group.Sum(item => item.Weight));
}
