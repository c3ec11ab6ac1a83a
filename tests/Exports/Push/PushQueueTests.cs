using CsCheck;
using OppTel.Exports.Push;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Push;

/// <summary>What waits for a receiver that is slow or gone.</summary>
public class PushQueueTests
{
    private const int MaxPoints = 12, MaxBytes = 4000;

    /// <summary>What waits is the newest of what came, within both bounds but for one piece; the rest is counted.</summary>
    [Fact]
    public async Task WhatWaitsIsBoundedInPointsAndBytes() =>
        await Gen.Select(Gen.Int[1, 5], Gen.Int[0, 60]).Array[1, 20].SampleAsync(async sizes =>
        {
            using PushQueue queue = new(MaxPoints, MaxBytes);
            IReadOnlyList<MetricPoint>[] pieces = [.. sizes.Select(size => Piece(size.Item1, size.Item2))];
            int dropped = pieces.Sum(queue.Add);
            List<IReadOnlyList<MetricPoint>> left = [];
            while (queue.Points > 0)
                left.Add(await queue.Take(TestContext.Current.CancellationToken));
            Assert.Equal(pieces[^left.Count..], left);
            Assert.Equal(pieces.Sum(piece => piece.Count), dropped + left.Sum(piece => piece.Count));
            Assert.True(left.Count == 1 || (left.Sum(piece => piece.Count) <= MaxPoints && left.Sum(BytesOf) <= MaxBytes));
            if (left.Count < pieces.Length)
                Assert.True(pieces[^(left.Count + 1)..].Sum(piece => piece.Count) > MaxPoints || pieces[^(left.Count + 1)..].Sum(BytesOf) > MaxBytes);
        }, iter: 300);

    private static int BytesOf(IReadOnlyList<MetricPoint> piece) => piece.Sum(point => point.Size);

    private static MetricPoint[] Piece(int points, int labels) =>
        [.. Enumerable.Repeat(Points.One("a", Kind.Gauge, 1, [.. Enumerable.Repeat(("name", "value"), labels)]), points)];
}
