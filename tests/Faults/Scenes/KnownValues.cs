using System.Diagnostics;
using System.Diagnostics.Metrics;
using OppTel.Client;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.Faults.Tests.Scenes;

/// <summary>An application's counter and gauge whose values the test knows, told to the daemon through the .NET client.</summary>
internal sealed class KnownValues : IDisposable
{
    private readonly Testbed testbed;
    private readonly Meter meter = new("Faults");
    private readonly MetricsProducer producer;
    private readonly Counter<long> steps;
    private readonly Gauge<long> level;
    private readonly Timer timer;
    private long total;
    private long last;

    /// <param name="testbed">Its daemon has not been started yet.</param>
    public KnownValues(Testbed testbed)
    {
        this.testbed = testbed;
        string socket = testbed["producers.sock"];
        File.AppendAllText(testbed["host.yaml"], $"producers: {{ socket: {socket}, interval: 10ms }}\n");
        producer = new MetricsProducer(new ProducerOptions { Meters = [meter.Name], Socket = socket, Name = "faults", ObserveInterval = TimeSpan.FromMilliseconds(50) });
        steps = meter.CreateCounter<long>("fault.steps");
        level = meter.CreateGauge<long>("fault.level");
        level.Record(0);
        timer = new Timer(_ => Step(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
    }

    /// <summary>Fails unless the DPU comes to show exactly what the application counted; its values change no more meanwhile.</summary>
    public void ExpectTruth()
    {
        timer.Change(Timeout.Infinite, Timeout.Infinite);
        testbed.WaitFor("the counter's value", () => Shown("fault_steps_total") == Interlocked.Read(ref total));
        testbed.WaitFor("the gauge's value", () => Shown("fault_level") == Interlocked.Read(ref last));
        timer.Change(TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
    }

    /// <summary>How long a change takes until the DPU shows it: the time of one look.</summary>
    public TimeSpan Look()
    {
        Stopwatch watch = Stopwatch.StartNew();
        long value = Interlocked.Increment(ref last);
        level.Record(value);
        testbed.WaitFor($"the gauge's value {value}", () => Shown("fault_level") == value);
        return watch.Elapsed;
    }

    public void Dispose()
    {
        timer.Dispose();
        producer.Dispose();
        meter.Dispose();
    }

    private void Step()
    {
        steps.Add(3);
        Interlocked.Add(ref total, 3);
    }

    private double Shown(string name) => testbed.DpuMetrics().Sum(name, ("producer", "faults"));
}
