using OppTel.Aggregator.Draining;

namespace OppTel.Page.Tests;

/// <summary>The last ten minutes by the second.</summary>
public class ActivityHistoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ActivityHistory.Seconds)]
    [InlineData(ActivityHistory.Seconds + 1)]
    [InlineData(3 * ActivityHistory.Seconds)]
    public void ItKeepsTheNewestInTheirOrder(int added)
    {
        ActivityHistory history = new();
        for (int second = 1; second <= added; second++)
            history.Add(new ActivityPoint(second * 1000L, Activity.None, 0, 0, 0, 0));
        int kept = Math.Min(added, ActivityHistory.Seconds);
        Assert.Equal(Enumerable.Range(added - kept + 1, kept).Select(second => second * 1000L), history.Since(0).Select(point => point.Time));
        Assert.Equal(added == 0 ? [] : [added * 1000L], history.Since((added * 1000L) - 1).Select(point => point.Time));
        Assert.Empty(history.Since(added * 1000L));
    }

    [Fact]
    public async Task WhoeverReadsMeanwhileSeesSecondsInTheirOrder()
    {
        ActivityHistory history = new();
        using CancellationTokenSource stop = new();
        Task adding = Task.Run(() =>
        {
            for (long second = 1; !stop.IsCancellationRequested; second++)
                history.Add(new ActivityPoint(second, Activity.None, 0, 0, 0, 0));
        });
        for (int read = 0; read < 2000; read++)
        {
            long[] times = [.. history.Since(0).Select(point => point.Time)];
            Assert.True(times.Length <= ActivityHistory.Seconds && times.Zip(times.Skip(1)).All(pair => pair.First < pair.Second));
        }

        await stop.CancelAsync();
        await adding;
    }
}
