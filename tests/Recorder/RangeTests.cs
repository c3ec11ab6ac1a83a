using CsCheck;
using OppTel.Recorder.Queries;

namespace OppTel.Recorder.Tests;

/// <summary>Values over time, against what a page of plain code makes of all records.</summary>
public class RangeTests
{
    private static readonly Gen<TrailerPlan[]> Plans = RandomTraffic.Trailer.Array[1, 120];

    [Fact]
    public void AGaugeIsTheLastOneReadInTheStepOrBefore()
    {
        Gen.Select(Plans, Gen.Double[-0.2, 1.2], Gen.Long[1000, 400_000_000], Gen.Int[1, 60]).Sample((plans, where, step, steps) =>
        {
            using TestHistory test = new(blockRecords: 64);
            (RandomTraffic traffic, RangeRequest request) = Play(test, plans, where, step, steps, extremes: true);
            foreach (int slot in new[] { 1, 2, 3 })
            {
                SentRecord[] sent = Sent(traffic, slot);
                if (sent.Length == 0)
                    continue;
                RecordedSeries series = traffic.Series("alpha", slot);
                RangeValues values = Run(test, series, request);
                for (int index = 0; index < steps; index++)
                {
                    long begin = request.Start + (index * step), end = begin + step;
                    SentRecord? last = sent.LastOrDefault(record => record.Time < end);
                    double[] inside = [.. sent.Where(record => record.Time >= begin && record.Time < end).Select(record => series.Encoding.Read(record.Raw, record.IsSample)).Where(value => !double.IsNaN(value))];
                    Assert.Equal(last is null || begin > request.Now ? double.NaN : series.Encoding.Read(last.Raw, last.IsSample), values.Values[index]);
                    Assert.Equal(inside.Length == 0 ? double.NaN : inside.Min(), values.Least![index]);
                    Assert.Equal(inside.Length == 0 ? double.NaN : inside.Max(), values.Greatest![index]);
                }
            }
        }, iter: 60);
    }

    [Fact]
    public void ACounterGrowsEvenlyBetweenItsRecords()
    {
        Gen.Select(Plans, Gen.Double[-0.2, 1.2], Gen.Long[1000, 400_000_000], Gen.Int[1, 60]).Sample((plans, where, step, steps) =>
        {
            using TestHistory test = new(blockRecords: 64);
            (RandomTraffic traffic, RangeRequest request) = Play(test, plans, where, step, steps, extremes: false);
            SentRecord[] sent = Sent(traffic, 0);
            if (sent.Length == 0)
                return;
            RangeValues values = Run(test, traffic.Series("alpha", 0), request);
            double[] increases = Increases(sent, 0.001);
            for (int index = 0; index < steps; index++)
            {
                long begin = request.Start + (index * step), end = begin + step;
                long from = Math.Max(begin, sent[0].Time), to = Math.Min(end, sent[^1].Time);
                if (to > from)
                    AreClose(Between(sent, increases, begin, end) * 1e9 / (to - from), values.Values[index]);
            }

            AreClose(Between(sent, increases, request.Start, request.End), values.Total);
        }, iter: 60);
    }

    [Fact]
    public void ACounterGoesOnThroughAWrapAndBeginsAgainAfterAReset()
    {
        using TestHistory test = new();
        RandomTraffic traffic = new(test);
        traffic.Start();
        long start = (long)test.Now;
        foreach (ulong raw in new[] { (1ul << 48) - 1000, 1000ul, 3000ul, 500ul })
            traffic.Send(new TrailerPlan(0, 0, 1_000_000, 0, [new RecordPlan(0, raw, false, 0)], false));
        RangeValues rates = Run(test, traffic.Series("alpha", 0), new RangeRequest(start + 1_000_000, 1_000_000, 3, (long)test.Now, false, false));
        Assert.Equal([2.0, 2.0, 0.5], rates.Values.Select(value => Math.Round(value / 1000, 9)));
        Assert.Equal(4.5, rates.Total, 9);
        RangeValues values = Run(test, traffic.Series("alpha", 0), new RangeRequest(start + 1_000_000, 1_000_000, 4, (long)test.Now, true, false));
        Assert.Equal([((1ul << 48) - 1000) * 0.001, ((1ul << 48) + 1000) * 0.001, ((1ul << 48) + 3000) * 0.001, 0.5], values.Values.Select(value => value));
    }

    [Fact]
    public void TheTopIsWhatGrewMost()
    {
        using TestHistory test = new();
        RandomTraffic traffic = new(test);
        traffic.Start();
        long start = (long)test.Now;
        for (ulong step = 0; step <= 10; step++)
        {
            traffic.Send(new TrailerPlan(0, 0, 1_000_000, 0, [new RecordPlan(0, step * 1000, false, 0), new RecordPlan(5, step * 5000, false, 0)], false));
            traffic.Send(new TrailerPlan(1, 0, 0, 0, [new RecordPlan(0, step * 3000, false, 0)], step == 5));
        }

        SeriesSelection all = new([.. test.History.Series.Where(series => series.Family.Name == "a_total").OrderBy(series => series.Id)]);
        RangeRequest request = new(start + 1_000_000, 1_000_000, 10, (long)test.Now, false, false);
        using HistoryReader reader = test.Read();
        List<TopEntry> top = TopQuery.Run(reader, all, request, [], 2);
        Assert.Equal([("alpha", 50.0), ("beta", 30.0)], top.Select(entry => (entry.Labels.Single(label => label.Key == "host").Value, Math.Round(entry.Values.Total, 6))));
        Assert.All(top[0].Values.Values, value => Assert.Equal(5000, value, 3));
        TopEntry grouped = TopQuery.Run(reader, all, request, ["host"], 1)[0];
        Assert.Equal((60, "alpha", 1), (Math.Round(grouped.Values.Total, 6), grouped.Labels[0].Value, grouped.Labels.Count));
    }

    [Fact]
    public void ATopOfTooManyStepsIsRefusedBeforeItTakesTheMemory()
    {
        using TestHistory test = new(blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        for (int number = 0; number < 10; number++)
            traffic.Send(new TrailerPlan(0, 0, 1_000_000, 0, [new RecordPlan(0, (ulong)number, false, 0)], Stores: false));
        using HistoryReader reader = test.Read();
        SeriesSelection all = new([.. test.History.Series.Where(series => series.IsCounter)]);
        RangeRequest request = new(traffic.Sent[0].Time, 1, 8_000_001, (long)test.Now, CounterValues: false, Extremes: true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        QueryException exception = Assert.Throws<QueryException>(() => TopQuery.Run(reader, all, request, [], 1));
        Assert.Contains("with 8000001 steps each; ask for a larger step", exception.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_000_001);
    }

    private static (RandomTraffic Traffic, RangeRequest Request) Play(TestHistory test, TrailerPlan[] plans, double where, long step, int steps, bool extremes)
    {
        RandomTraffic traffic = new(test);
        traffic.Start();
        foreach (TrailerPlan plan in plans)
        {
            traffic.Send(plan);
            if (test.History.Queue.Open - test.History.Queue.Stored >= 2)
                test.Store();
        }

        long first = traffic.Sent.Min(record => record.Time), last = traffic.Sent.Max(record => record.Time);
        return (traffic, new RangeRequest(first + (long)(where * (last - first)), step, steps, (long)test.Now, CounterValues: false, extremes));
    }

    private static SentRecord[] Sent(RandomTraffic traffic, int slot) =>
        [.. traffic.Sent.Where(record => record.Host == "alpha" && record.Slot == slot).OrderBy(record => record.Time)];

    private static RangeValues Run(TestHistory test, RecordedSeries series, RangeRequest request)
    {
        using HistoryReader reader = test.Read();
        return RangeQuery.Run(reader, new SeriesSelection([series]), request)[0];
    }

    /// <summary>What the counter grew by up to each record from the one before.</summary>
    private static double[] Increases(SentRecord[] sent, double scale)
    {
        const ulong Quarter = 1ul << 46;
        double[] increases = new double[sent.Length];
        for (int index = 1; index < sent.Length; index++)
        {
            ulong last = sent[index - 1].Raw & ((1ul << 48) - 1), raw = sent[index].Raw & ((1ul << 48) - 1);
            increases[index] = scale * (raw >= last ? raw - last : last >= 3 * Quarter && raw < Quarter ? raw + (1ul << 48) - last : raw);
        }

        return increases;
    }

    private static double Between(SentRecord[] sent, double[] increases, long from, long to)
    {
        double sum = 0;
        for (int index = 1; index < sent.Length; index++)
        {
            long begin = sent[index - 1].Time, end = sent[index].Time;
            if (end > begin)
                sum += increases[index] * Math.Max(0, Math.Min(to, end) - Math.Max(from, begin)) / (end - begin);
            else if (begin >= from && begin < to)
                sum += increases[index];
        }

        return sum;
    }

    private static void AreClose(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-3 + (1e-6 * Math.Abs(expected)), $"{actual} instead of {expected}");
}
