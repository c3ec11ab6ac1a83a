using OppTel.Host.Producers;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Client.Tests;

/// <summary>The daemon's side on a thread of its own, with a store that remembers.</summary>
internal sealed class DaemonBed : IDisposable
{
    private readonly Lock gate = new();
    private ProducerSettings settings;
    private readonly Thread thread;
    private ProducersReader? reader;
    private volatile bool isStopping;

    /// <summary>Starts, unless told not to.</summary>
    public DaemonBed(bool isThere = true)
    {
        settings = new ProducerSettings(Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite, 32, 4096, 16384, 256, TimeSpan.FromMilliseconds(10));
        if (isThere)
            Start();
        thread = new Thread(Work) { IsBackground = true };
        thread.Start();
    }

    public string Socket { get; } = Path.Combine(Path.GetTempPath(), $"opptel-client-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public ProducerOptions Options => new() { Meters = [Meter], Socket = Socket, Name = "test", ObserveInterval = TimeSpan.FromMilliseconds(20) };

    /// <summary>Name for the test's meter, which no other test has.</summary>
    public string Meter { get; } = $"Test{Guid.NewGuid():N}";

    /// <summary>Series as "name{labels}", without those that say whose they are.</summary>
    public Dictionary<string, ulong> Values
    {
        get
        {
            lock (gate)
            {
                return Store.Declared.ToDictionary(
                    series => series.Metric.Name + string.Concat(series.Labels.Where(label => label.Key is not ("producer" or "process_pid")).Select(label => $" {label.Key}={label.Value}")),
                    series => Store[series.FirstSlot]);
            }
        }
    }

    /// <summary>What is stored; to be looked at under no lock only when nothing changes.</summary>
    public RecordingStore Store { get; private set; } = new();

    public void Start()
    {
        lock (gate)
            (Store, reader) = (new RecordingStore(), new ProducersReader(settings));
    }

    /// <summary>Starts again with room for so few slots.</summary>
    public void Restart(int slots)
    {
        Stop();
        settings = settings with { Slots = slots };
        Start();
    }

    public void Stop()
    {
        lock (gate)
        {
            reader?.Dispose();
            reader = null;
        }
    }

    public void WaitFor(string series, ulong value) => Wait.Until(() => Values.TryGetValue(series, out ulong found) && found == value, $"{series} is {value}");

    public void WaitFor(string series, double value) => WaitFor(series, BitConverter.DoubleToUInt64Bits(value) >> 16);

    public void Dispose()
    {
        isStopping = true;
        thread.Join();
        Stop();
    }

    private void Work()
    {
        for (; !isStopping; Thread.Sleep(1))
        {
            lock (gate)
                reader?.Read(Store);
        }
    }
}
