using Microsoft.Extensions.Logging.Abstractions;
using OppTel.Aggregator.Draining;
using OppTel.Aggregator.Exposition;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Aggregator.Tests;

public class MetricsPageTests
{
    [Fact]
    public async Task ClientsThatDoNotReadTakeABoundedNumberOfPages()
    {
        Receiver receiver = new(new SeriesTable(10, 1, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        using DrainLoop drain = new("/nonexistent/segment", receiver, NullLogger<DrainLoop>.Instance, _ => { });
        using AnomalyService anomalies = new(new AnomalyConfiguration(false, new OppTel.Anomaly.AnomalySettings()), receiver.Series, _ => { });
        using MetricsPage page = new(drain, receiver, MetricsPage.CreateProcessRegistry(), 1, anomalies);
        using CancellationTokenSource leave = new();
        SlowStream slow = new();
        Task<bool>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => page.TryWriteTo(slow, leave.Token))];
        using MemoryStream late = new();
        Assert.False(await page.TryWriteTo(late, CancellationToken.None));
        Assert.Equal(0, late.Length);
        Assert.Equal(4, slow.Writers);
        await leave.CancelAsync();
        foreach (Task<bool> task in waiting)
            await Record.ExceptionAsync(() => task);
        Assert.True(await page.TryWriteTo(late, CancellationToken.None));
        Assert.NotEqual(0, late.Length);
    }

    /// <summary>A client that never reads.</summary>
    private sealed class SlowStream : MemoryStream
    {
        private int writers;

        public int Writers => Volatile.Read(ref writers);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref writers);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
