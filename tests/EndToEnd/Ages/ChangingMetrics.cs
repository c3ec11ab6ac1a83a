using System.Diagnostics.Metrics;
using OppTel.Client;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>Two gauges whose values are the times of their changes: one changes each millisecond, the other when it pleases.</summary>
internal sealed class ChangingMetrics : IDisposable
{
    public const string Steady = "age_steady", Rare = "age_rare";

    private readonly Meter meter = new("Ages");
    private readonly MetricsProducer producer;
    private readonly Dictionary<string, List<ulong>> changes = new() { [Steady] = [], [Rare] = [] };
    private readonly Thread thread;
    private volatile bool stop;

    public ChangingMetrics(Testbed testbed)
    {
        producer = new MetricsProducer(new ProducerOptions { Meters = [meter.Name], Socket = testbed["producers.sock"], Name = "ages", Cells = 8 });
        thread = new Thread(Run) { Name = "changes" };
        thread.Start();
    }

    /// <summary>Longest time from one change to the next of the steady one, in microseconds: how late this machine is without anybody's fault.</summary>
    public ulong LongestGap(ulong from, ulong to)
    {
        ulong[] times = [.. Changes(Steady, from, to)];
        return times.Zip(times.Skip(1)).Select(pair => pair.Second - pair.First).DefaultIfEmpty(0ul).Max();
    }

    /// <summary>When a metric changed, in CLOCK_BOOTTIME microseconds.</summary>
    public ulong[] Changes(string metric, ulong from, ulong to)
    {
        lock (changes)
            return [.. changes[metric].Where(time => time >= from && time < to)];
    }

    public void Dispose()
    {
        stop = true;
        thread.Join();
        producer.Dispose();
        meter.Dispose();
    }

    private void Run()
    {
        Gauge<long> steady = meter.CreateGauge<long>(Steady.Replace('_', '.')), rare = meter.CreateGauge<long>(Rare.Replace('_', '.'));
        Random random = new(1);
        for (ulong next = 0; !stop; Thread.Sleep(1))
        {
            Record(steady, Steady);
            if (Boottime.Now < next)
                continue;
            Record(rare, Rare);
            next = Boottime.Now + (ulong)random.NextInt64(20_000_000, 700_000_000);
        }
    }

    private void Record(Gauge<long> gauge, string metric)
    {
        ulong now = Boottime.Now / 1000;
        gauge.Record((long)now);
        lock (changes)
            changes[metric].Add(now);
    }
}
