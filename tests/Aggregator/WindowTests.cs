using CsCheck;
using OppTel.Telemetry;
using OppTel.Telemetry.Windows;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Windows of series against a list of everything that came.</summary>
public class WindowTests
{
    private const ulong Second = 1_000_000_000;

    /// <summary>Time until the next record: mostly short, now and then a silence of several windows.</summary>
    private static readonly Gen<ulong> Pause = Gen.OneOf(Gen.ULong[1, Second / 3], Gen.ULong[1, 3 * Second], Gen.ULong[1, 150 * Second]);

    private sealed record Record(ulong Arrival, double Value, double Grown, long Elapsed);

    /// <summary>Wherever it comes: what is no number is not the least or the most of a window that has one.</summary>
    [Theory]
    [InlineData(double.NaN, 3, 5)]
    [InlineData(5, double.NaN, 3)]
    [InlineData(3, 5, double.NaN)]
    public void WhatIsNoNumberIsNoExtreme(double first, double second, double third)
    {
        WindowSums whole = default, part = default, later = default;
        foreach (double value in (double[])[first, second, third])
            whole.Add(value, 0, 0);
        part.Add(first, 0, 0);
        later.Add(second, 0, 0);
        later.Add(third, 0, 0);
        part.Append(later);
        foreach (SeriesWindow window in (SeriesWindow[])[whole.ToWindow(), part.ToWindow()])
            Assert.Equal((3, 5, 3ul), (window.Min, window.Max, window.Records));
    }

    [Fact]
    public void GaugesAreWhatAListOfAllRecordsSays() =>
        Gen.Select(Pause, Gen.Long[-1000, 1000]).Array[1, 120].Sample(steps =>
        {
            Series series = Make(Kind.Gauge, Encoding.Signed);
            List<Record> all = [];
            ulong now = 1000 * Second;
            foreach ((ulong pause, long value) in steps)
            {
                AssertEqual(all, series, now);
                now += pause;
                AssertEqual(all, series, now);
                series.Update((ulong)value, isSample: true, (long)now, now);
                all.Add(new Record(now, value, 0, 0));
            }

            AssertEqual(all, series, now + Second);
        });

    [Fact]
    public void RatesOfCountersAreThoseOverTheTrueIntervalsThroughWrapsAndRestarts() =>
        Gen.Select(Pause, Gen.ULong[0, 1ul << 44], Gen.Int[0, 9]).Array[1, 120].Sample(steps =>
        {
            Series series = Make(Kind.Counter, Encoding.Unsigned);
            List<Record> all = [];
            ulong now = 1000 * Second, stamp = 5, counter = (1ul << 48) - (1ul << 45), carried = 0;
            bool isFirst = true;
            foreach ((ulong pause, ulong grown, int what) in steps)
            {
                now += pause;
                stamp += pause;
                bool restarts = what == 0;
                if (restarts)
                    series.Restart();
                counter = restarts ? grown : counter + grown;
                bool goesOn = !isFirst && !restarts;
                series.Update(counter & ((1ul << 48) - 1), isSample: false, (long)stamp, now);
                // What a fresh counter shows is as it was carried; from there on it is unwrapped.
                carried = goesOn ? carried + grown : counter & ((1ul << 48) - 1);
                all.Add(new Record(now, carried, goesOn ? grown : 0, goesOn ? (long)pause : 0));
                isFirst = false;
                AssertEqual(all, series, now + Second);
            }
        });

    [Fact]
    public void ACounterThatFallsHasNotGrown()
    {
        Series series = Make(Kind.Counter, Encoding.Unsigned);
        foreach ((ulong at, ulong value) in ((ulong, ulong)[])[(100, 1000), (200, 1100), (300, 40), (500, 60)])
            series.Update(value, isSample: false, (long)at * 1_000_000, (10 * Second) + (at * 1_000_000));
        SeriesWindow window = series.ReadWindow(WindowSpan.Second, 11 * Second);
        Assert.Equal((4ul, 60.0), (window.Records, window.Last));
        Assert.Equal(120 / 0.3, window.Rate, 6);
    }

    [Fact]
    public void BucketsHaveNoWindows()
    {
        Series series = Make(Kind.HistogramBucket, Encoding.Unsigned);
        series.Update(1, isSample: false, 1, Second);
        Assert.Equal(SeriesWindow.Empty, series.ReadWindow(WindowSpan.Second, 2 * Second));
    }

    [Fact]
    public void ReadersNeverSeeHalfAWindow()
    {
        Series series = Make(Kind.Gauge, Encoding.Unsigned);
        using CancellationTokenSource stop = new();
        ulong now = 0;
        // Each window has the same values.
        Thread writer = new(() =>
        {
            for (ulong number = 0; !stop.IsCancellationRequested; number++)
            {
                Volatile.Write(ref now, number * (Second / 4));
                series.Update(1 + (number % 4), false, (long)number + 1, number * (Second / 4));
                Thread.SpinWait((int)(number % 64));
            }
        })
        { IsBackground = true };
        writer.Start();
        for (int reads = 0; reads < 100_000;)
        {
            SeriesWindow window = series.ReadWindow(WindowSpan.Second, Volatile.Read(ref now));
            if (window.Records == 0)
                continue;
            Assert.Equal(new SeriesWindow(4, 1, 4, 2.5, 4, 0), window);
            reads++;
        }

        stop.Cancel();
        writer.Join();
    }

    private static void AssertEqual(List<Record> all, Series series, ulong now)
    {
        foreach (WindowSpan span in Enum.GetValues<WindowSpan>())
        {
            ulong length = span.Seconds() * Second, end = now / length * length;
            Record[] within = [.. all.Where(record => record.Arrival >= end - length && record.Arrival < end)];
            SeriesWindow window = series.ReadWindow(span, now);
            Assert.Equal((ulong)within.Length, window.Records);
            if (within.Length == 0)
                continue;
            Assert.Equal((within.Min(record => record.Value), within.Max(record => record.Value), within[^1].Value), (window.Min, window.Max, window.Last));
            Assert.Equal(within.Average(record => record.Value), window.Mean, 1e-9 * Math.Max(1, window.Max));
            long elapsed = within.Sum(record => record.Elapsed);
            double rate = elapsed == 0 ? 0 : within.Sum(record => record.Grown) * 1e9 / elapsed;
            Assert.Equal(rate, window.Rate, 1e-9 * Math.Max(1, rate));
        }
    }

    private static Series Make(Kind kind, Encoding encoding) => new(
        new HostIdentity("alpha"), new MetricFamily("m", "Help.", kind), "m", [], TestHost.Metric(1, "m", kind, encoding));
}
