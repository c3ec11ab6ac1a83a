using System.Text.Json;
using OppTel.Aggregator.Web;

namespace OppTel.Aggregator.Tests;

public class WindowAnswerTests
{
    [Fact]
    public async Task AnAnswerOfManyWindowsIsNeverInMemoryAsAWhole()
    {
        const int Series = 200, Windows = 500;
        int made = 0;
        IEnumerable<DistributionWindowAnswer> Some()
        {
            for (int window = 0; window < Windows; window++, made++)
                yield return new DistributionWindowAnswer(window, 1, 1, 1, 1, 5, 0, new BucketAnswer(0, [1, 2, 3]), new BucketAnswer(0, []));
        }

        Dictionary<string, string> labels = [];
        // As it is with a context that has written small answers before.
        for (int small = 0; small < 100; small++)
            await JsonSerializer.SerializeAsync(Stream.Null, new DistributionAnswer(1, false, []), WindowJson.Default.DistributionAnswer, TestContext.Current.CancellationToken);
        Watched output = new(() => made);
        DistributionAnswer answer = new(1, false, Enumerable.Range(0, Series).Select(number => new DistributionSeries($"a{number}", labels, Some())));
        await JsonSerializer.SerializeAsync(output, answer, WindowJson.Default.DistributionAnswer, TestContext.Current.CancellationToken);
        Assert.Equal(Series * Windows, made);
        Assert.InRange(output.MostBetween, 1, 2 * Windows);
    }

    /// <summary>Sees how much was made between two writes.</summary>
    private sealed class Watched(Func<int> made) : MemoryStream
    {
        private int last;

        public int MostBetween { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            MostBetween = Math.Max(MostBetween, made() - last);
            last = made();
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
