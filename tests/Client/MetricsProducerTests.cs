using System.Diagnostics.Metrics;
using OppTel.Catalog;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Client.Tests;

/// <summary>What an application measures arrives at the daemon, whatever becomes of the daemon meanwhile.</summary>
public sealed class MetricsProducerTests : IDisposable
{
    private static readonly KeyValuePair<string, object?> Italy = new("country", "it"), Cash = new("paid", true);
    private readonly DaemonBed daemon = new();
    private readonly Meter meter;

    public MetricsProducerTests() => meter = new Meter(daemon.Meter);

    public void Dispose()
    {
        meter.Dispose();
        daemon.Dispose();
    }

    [Fact]
    public void EachKindOfInstrumentArrives()
    {
        using MetricsProducer producer = new(daemon.Options);
        Counter<long> counter = meter.CreateCounter<long>("shop.orders", "{order}", "Orders taken.");
        counter.Add(3, Italy, Cash);
        counter.Add(2, Cash, Italy);
        counter.Add(-1, Cash, Italy);
        counter.Add(1);
        meter.CreateCounter<double>("shop.busy", "s").Add(1.5);
        meter.CreateUpDownCounter<int>("shop.queue").Add(-4);
        meter.CreateUpDownCounter<double>("shop.debt").Add(-0.25);
        meter.CreateGauge<float>("shop.load", "1").Record(0.5f);
        meter.CreateGauge<byte>("shop.level").Record(7);
        meter.CreateObservableCounter("shop.seen", () => 11L);
        meter.CreateObservableGauge("shop.heat", () => new Measurement<double>(36.5, Italy), "Cel");
        meter.CreateObservableUpDownCounter("shop.diff", () => -3);
        daemon.WaitFor("shop_orders_total country=it paid=True", 5ul);
        daemon.WaitFor("shop_orders_total", 1ul);
        daemon.WaitFor("shop_busy_seconds_total", 1.5);
        daemon.WaitFor("shop_queue", unchecked((ulong)-4L));
        daemon.WaitFor("shop_debt", -0.25);
        daemon.WaitFor("shop_load_ratio", 0.5);
        daemon.WaitFor("shop_level", 7ul);
        daemon.WaitFor("shop_seen_total", 11ul);
        daemon.WaitFor("shop_heat_celsius country=it", 36.5);
        daemon.WaitFor("shop_diff", unchecked((ulong)-3L));
        Wait.Until(() => producer.State is { IsConnected: true, Series: 10, Refused: 0, Overflows: 0, Problem: null }, $"all is well: {producer.State}");
        Metric orders = daemon.Store.Declared.First(series => series.Metric.Name == "shop_orders_total").Metric;
        Assert.Equal(("Orders taken.", Metric.Types.Kind.Counter), (orders.Help, orders.Kind));
    }

    [Theory]
    [InlineData("s", 0.0015, "_seconds")]
    [InlineData("ms", 1.5, "_milliseconds")]
    [InlineData("By", 100000, "_bytes")]
    [InlineData(null, 12.5, "")]
    public void AHistogramsValuesFallIntoTheirBuckets(string? unit, double value, string suffix)
    {
        using MetricsProducer producer = new(daemon.Options);
        Histogram<double> histogram = meter.CreateHistogram<double>("shop.time", unit);
        histogram.Record(value);
        histogram.Record(double.NaN);
        Wait.Until(() => daemon.Values.ContainsKey($"shop_time{suffix}"), "the series is there");
        (Metric metric, _, uint first) = Assert.Single(daemon.Store.Declared);
        int bucket = -1;
        Wait.Until(() => (bucket = Enumerable.Range(0, metric.LogLinear.Buckets).FirstOrDefault(index => daemon.Store[first + (uint)index] == 1, -1)) >= 0, "the value is there");
        Assert.InRange(value, metric.LogLinear.UpperBound(bucket - 1), metric.LogLinear.UpperBound(bucket));
    }

    [Fact]
    public void WhatFindsNoCellsOverflowsAndIsCounted()
    {
        using MetricsProducer producer = new(daemon.Options with { Cells = 4 });
        Counter<long> counter = meter.CreateCounter<long>("a");
        for (int tag = 0; tag < 10; tag++)
            counter.Add(1, new KeyValuePair<string, object?>("tag", tag));
        for (int tag = 0; tag < 10; tag++)
            counter.Add(1, new KeyValuePair<string, object?>("tag", tag));
        daemon.WaitFor("a_total otel_metric_overflow=true", 14ul);
        Assert.Equal(["a_total otel_metric_overflow=true", "a_total tag=0", "a_total tag=1", "a_total tag=2"], daemon.Values.Keys.Order());
        Assert.Equal(14, producer.State.Overflows);
        meter.CreateCounter<long>("b").Add(1);
        Assert.Equal((4, 15L), (producer.State.Series, producer.State.Overflows));
    }

    [Fact]
    public void MoreTagsThanLabelsOverflow()
    {
        using MetricsProducer producer = new(daemon.Options);
        meter.CreateCounter<long>("a").Add(1, [.. Enumerable.Range(0, 9).Select(tag => new KeyValuePair<string, object?>($"tag{tag}", tag))]);
        daemon.WaitFor("a_total otel_metric_overflow=true", 1ul);
        meter.CreateCounter<long>("a").Add(1, Italy, new KeyValuePair<string, object?>("nothing", null));
        daemon.WaitFor("a_total country=it", 1ul);
        Assert.Equal((2, 1L), (producer.State.Series, producer.State.Overflows));
    }

    [Fact]
    public void LongerTagsThanTheDaemonTakesOverflow()
    {
        using MetricsProducer producer = new(daemon.Options);
        meter.CreateCounter<long>("a").Add(1, [.. Enumerable.Range(0, 8).Select(tag => new KeyValuePair<string, object?>($"tag{tag}", new string('x', 100)))]);
        daemon.WaitFor("a_total otel_metric_overflow=true", 1ul);
        Assert.Equal((1, 1L, 0), (producer.State.Series, producer.State.Overflows, producer.State.Refused));
    }

    /// <summary>Slots of those that have ended come free after a while.</summary>
    [Fact]
    public void WhatFindsNoSlotsIsDeclaredAgain()
    {
        daemon.Restart(slots: 2);
        MetricsProducer first = new(daemon.Options with { Name = "first" });
        meter.CreateCounter<long>("a").Add(1);
        daemon.WaitFor("a_total", 1ul);
        using Meter other = new($"{daemon.Meter}2");
        using MetricsProducer second = new(daemon.Options with { Name = "second", Meters = [other.Name] });
        other.CreateCounter<long>("b").Add(1);
        daemon.WaitFor("b_total", 1ul);
        other.CreateCounter<long>("c").Add(1);
        Wait.Until(() => second.State is { Refused: 1 } state && state.Problem!.Contains("TooManySeries", StringComparison.Ordinal), "there is no slot for it");
        first.Dispose();
        daemon.WaitFor("c_total", 1ul);
        Wait.Until(() => second.State.Refused == 0, "all are taken");
    }

    [Fact]
    public void AnInstrumentMadeAgainGoesOn()
    {
        using MetricsProducer producer = new(daemon.Options);
        meter.CreateCounter<long>("a").Add(1, Italy);
        meter.CreateCounter<long>("a").Add(1, Italy);
        daemon.WaitFor("a_total country=it", 2ul);
    }

    [Fact]
    public void TwoProducersOfOneNameInAProcessAreTold()
    {
        using MetricsProducer producer = new(daemon.Options);
        Wait.Until(() => producer.State.IsConnected, "the first one is there");
        using MetricsProducer second = new(daemon.Options);
        Wait.Until(() => second.State.Problem?.Contains("NameTaken", StringComparison.Ordinal) == true, "the second one is refused");
    }

    [Fact]
    public void ADaemonThatComesLateGetsTheTotals()
    {
        daemon.Stop();
        using MetricsProducer producer = new(daemon.Options);
        Counter<long> counter = meter.CreateCounter<long>("a");
        counter.Add(5);
        Wait.Until(() => producer.State.Problem is not null, "it says that there is no daemon");
        Assert.False(producer.State.IsConnected);
        daemon.Start();
        daemon.WaitFor("a_total", 5ul);
        counter.Add(1);
        daemon.WaitFor("a_total", 6ul);
    }

    /// <summary>Threads count while daemons come and go: none of what they count is lost, and totals never fall.</summary>
    [Fact]
    public void NothingIsLostWhileDaemonsComeAndGo()
    {
        using MetricsProducer producer = new(daemon.Options);
        Counter<long> whole = meter.CreateCounter<long>("a");
        Counter<double> real = meter.CreateCounter<double>("b");
        long counted = 0;
        bool stop = false;
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                whole.Add(1);
                real.Add(0.5);
                Interlocked.Increment(ref counted);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        ulong last = 0;
        for (int restart = 0; restart < 15; restart++)
        {
            Wait.Until(() => daemon.Values.GetValueOrDefault("a_total") > last, "the total grows");
            last = daemon.Values["a_total"];
            daemon.Stop();
            daemon.Start();
        }

        Volatile.Write(ref stop, true);
        Array.ForEach(threads, thread => thread.Join());
        daemon.WaitFor("a_total", (ulong)counted);
        daemon.WaitFor("b_total", counted * 0.5);
    }
}
