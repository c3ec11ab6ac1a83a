using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Client.Tests;

/// <summary>A measurement of a known series is memory accesses and nothing else.</summary>
public sealed partial class HotPathTests : IDisposable
{
    private const int Rounds = 100_000;
    private readonly ITestOutputHelper output;
    private readonly DaemonBed daemon = new();
    private readonly Meter meter;
    private readonly MetricsProducer producer;
    private readonly Counter<long> counter;
    private readonly Counter<double> real;
    private readonly UpDownCounter<int> queue;
    private readonly Gauge<double> gauge;
    private readonly Histogram<double> histogram;

    public HotPathTests(ITestOutputHelper output)
    {
        this.output = output;
        meter = new Meter(daemon.Meter);
        producer = new MetricsProducer(daemon.Options with { Cells = 2048 });
        counter = meter.CreateCounter<long>("a");
        real = meter.CreateCounter<double>("b");
        queue = meter.CreateUpDownCounter<int>("c");
        gauge = meter.CreateGauge<double>("d");
        histogram = meter.CreateHistogram<double>("e", "s");
        Measure(1000);
        Wait.Until(() => producer.State.IsConnected && daemon.Values.Count == 10, "all series are declared");
    }

    public void Dispose()
    {
        producer.Dispose();
        meter.Dispose();
        daemon.Dispose();
    }

    [Fact]
    public void ItAllocatesNothing()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Measure(Rounds);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>By a BPF program at the entry of system calls; those of an idle loop are the runtime's own.</summary>
    [Fact]
    public void ItMakesNoSystemCall()
    {
        using BpfObject bpf = BpfObject.Open(Build());
        bpf.SetConstant("target", (uint)ThreadId());
        bpf.Load();
        using BpfLink link = bpf.Program("count_entry").Attach();
        using MappedArray<ulong> count = bpf.Map("entries").MapInto<ulong>();
        ulong before = Volatile.Read(ref count[0]);
        _ = ThreadId();
        Assert.Equal(before + 1, Volatile.Read(ref count[0]));
        Measure(Rounds);
        // A collection that another test causes stops this thread, which then waits in the kernel.
        Assert.InRange(Volatile.Read(ref count[0]) - before - 1, 0ul, (ulong)Rounds / 1000);
    }

    /// <summary>One thread, best of ten rounds.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerMeasurement()
    {
        KeyValuePair<string, object?> country = new("country", "it"), paid = new("paid", "cash");
        Tell("Counter.Add without tags", () => counter.Add(1));
        Tell("Counter.Add with two tags", () => counter.Add(1, country, paid));
        Tell("Counter<double>.Add without tags", () => real.Add(1));
        Tell("Gauge.Record without tags", () => gauge.Record(1));
        Tell("Histogram.Record without tags", () => histogram.Record(0.0012));
        producer.Dispose();
        Tell("Counter.Add without a listener", () => counter.Add(1));

        void Tell(string what, Action action)
        {
            double best = double.MaxValue;
            for (int round = 0; round < 10; round++)
            {
                long begin = Stopwatch.GetTimestamp();
                for (int index = 0; index < 1_000_000; index++)
                    action();
                best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalNanoseconds / 1_000_000);
            }

            output.WriteLine($"{what,-34} {best:F1} ns");
        }
    }

    private void Measure(int rounds)
    {
        KeyValuePair<string, object?> country = new("country", "it"), paid = new("paid", "cash");
        for (int round = 0; round < rounds; round++)
        {
            counter.Add(1);
            counter.Add(1, country, paid);
            real.Add(0.5);
            real.Add(0.5, country, paid);
            queue.Add(1);
            queue.Add(-1, country, paid);
            gauge.Record(round);
            gauge.Record(round, country, paid);
            histogram.Record(0.01);
            histogram.Record(0.01, country, paid);
        }
    }

    private static string Build()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "OppTel.Dataplane.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the tests do not run inside a checkout");
        string folder = Path.Combine(AppContext.BaseDirectory, "bpf");
        using Process make = Process.Start(new ProcessStartInfo(
            "make", ["-C", Path.Combine(root, "bpf"), $"OUT={folder}", $"SOURCES={Path.Combine("..", "tests", "Client", "entries.bpf.c")}"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        string errors = make.StandardError.ReadToEnd();
        make.WaitForExit();
        Assert.True(make.ExitCode == 0, errors);
        return Path.Combine(folder, "entries.bpf.o");
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();
}
