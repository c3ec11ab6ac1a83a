using CsCheck;
using OppTel.Exports.Push;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Push;

public class SeriesMemoryTests
{
    [Fact]
    public void ASeriesEndsOnceAndMayComeBack()
    {
        SeriesMemory memory = new(_ => null);
        MetricPoint one = Points.One("a_total", Kind.Counter, 5, ("x", "1")), other = Points.One("a_total", Kind.Counter, 6, ("x", "2"));
        Assert.Equal(2, memory.Observe([one, other], 1).Count);
        MetricPoint ended = Assert.Single(memory.Observe([one], 2), point => point.IsEnd);
        Assert.Equal((other.Labels, 2L), (ended.Labels, ended.Time));
        Assert.DoesNotContain(memory.Observe([one], 3), point => point.IsEnd);
        Assert.Equal(4, memory.Observe([one, other with { Time = 4 }], 4).Single(point => point.Labels == other.Labels).FirstSeen);
    }

    [Fact]
    public void OfTwoPointsOfOneSeriesOnlyOneCounts() =>
        Assert.Single(new SeriesMemory(_ => null).Observe([Points.One("a", Kind.Gauge, 1, ("x", "1")), Points.One("a", Kind.Gauge, 2, ("x", "1"))], 1));

    [Fact]
    public void ACounterBeginsAnewExactlyWhenItFalls() => Gen.Double[0, 10].Array[1, 20].Sample(values =>
    {
        SeriesMemory memory = new(_ => null);
        long start = 1;
        for (int index = 0; index < values.Length; index++)
        {
            if (index > 0 && values[index] < values[index - 1])
                start = index;
            MetricPoint point = memory.Observe([Points.One("a_total", Kind.Counter, values[index]) with { Time = index + 1 }], index + 1).Single();
            Assert.Equal(start, point.FirstSeen);
            Assert.Equal(start > 1 || (index > 0 && start == 1 && values[1] < values[0]) ? start : null, point.Start);
        }
    }, iter: 300);

    [Fact]
    public void PiecesHoldEverythingInOrderWithinTheirBounds() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 50]).Sample((count, most) =>
        {
            MetricPoint[] points = [.. Enumerable.Range(0, count).Select(index => Points.One("a", Kind.Gauge, index))];
            IReadOnlyList<MetricPoint>[] pieces = [.. PushTarget.Pieces(points, most)];
            Assert.Equal(points, pieces.SelectMany(piece => piece));
            Assert.All(pieces, piece => Assert.InRange(piece.Count, 1, most));
            Assert.All(pieces.SkipLast(1), piece => Assert.Equal(most, piece.Count));
        }, iter: 100);

    [Fact]
    public async Task AFullQueueDropsTheOldestAndSaysHowMuch()
    {
        using PushQueue queue = new(10, long.MaxValue);
        MetricPoint[] Piece(int value, int count) => [.. Enumerable.Repeat(Points.One("a", Kind.Gauge, value), count)];
        Assert.Equal(0, queue.Add(Piece(1, 4)));
        Assert.Equal(0, queue.Add(Piece(2, 6)));
        Assert.Equal(4, queue.Add(Piece(3, 1)));
        Assert.Equal(7, queue.Points);
        Assert.Equal(7, queue.Add(Piece(4, 100)));
        Assert.Equal(100, (await queue.Take(TestContext.Current.CancellationToken)).Count);
        Assert.Equal(0, queue.Points);
        using CancellationTokenSource soon = new(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.Take(soon.Token));
    }

    [Fact]
    public void WaitsDoubleWithinBoundsAndObeyTheReceiver() => Gen.Int[0, 1000].Sample(asked =>
    {
        BackOff backOff = new(TimeSpan.FromSeconds(1));
        double middle = 1;
        for (int attempt = 0; attempt < 12; attempt++, middle = Math.Min(middle * 2, 30))
        {
            double least = Math.Min(asked, 300);
            double wait = backOff.Next(asked == 0 ? null : TimeSpan.FromSeconds(asked)).TotalSeconds;
            Assert.InRange(wait, Math.Max(least, middle * 0.5), Math.Max(least, middle * 1.5) + 1e-6);
        }
    }, iter: 200);
}
