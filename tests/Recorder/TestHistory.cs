using OppTel.Recorder.Queries;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Recorder.Tests;

/// <summary>A recorder behind a real receiver. Nothing is stored by itself: tests say when.</summary>
internal sealed class TestHistory : IDisposable
{
    public const ulong Second = 1_000_000_000;

    public TestHistory(long memory = 64L << 20, ulong span = 300 * Second, int maxSeries = 100_000, ControlKey? key = null)
    {
        History = new RecordHistory(memory, span, () => Now, exception => Assert.Fail(exception.ToString()));
        Receiver = new Receiver(new SeriesTable(maxSeries, 60 * Second, new HashSet<string>()) { Sinks = [History] }, new CatalogLimits(), key ?? ControlKey.Public);
        Receiver.SetPorts(["port0", "port1"], Now);
    }

    public RecordHistory History { get; }

    public Receiver Receiver { get; }

    public ulong Now { get; set; } = 1000 * Second;

    /// <summary>Stores what is full.</summary>
    public void Store()
    {
        while (History.Storing.Step())
        {
        }
    }

    public HistoryReader Read() => HistoryReader.OpenAsync(History, TimeSpan.Zero, TestContext.Current.CancellationToken).Result!;

    public void Dispose() => History.Dispose();
}
