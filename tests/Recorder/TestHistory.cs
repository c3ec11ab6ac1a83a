using OppTel.Recorder.Blocks;
using OppTel.Recorder.Queries;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Recorder.Tests;

/// <summary>A recorder behind a real receiver. Nothing is stored by itself: tests say when.</summary>
internal sealed class TestHistory : IDisposable
{
    public const ulong Second = 1_000_000_000;

    private ulong now = 1000 * Second;

    public TestHistory(long memory = 64L << 20, ulong span = 300 * Second, int maxSeries = 100_000, ControlKey? key = null, int blockRecords = RawBlock.Records)
    {
        History = new RecordHistory(memory, span, () => Now, exception => Assert.Fail(exception.ToString()), blockRecords);
        Receiver = new Receiver(new SeriesTable(maxSeries, 60 * Second, new HashSet<string>()) { Sinks = [History] }, new CatalogLimits(), key ?? ControlKey.Public);
        Receiver.SetPorts(["port0", "port1"], Now);
    }

    public RecordHistory History { get; }

    public Receiver Receiver { get; }

    public ulong Now
    {
        get => Volatile.Read(ref now);
        set => Volatile.Write(ref now, value);
    }

    /// <summary>Stores what is full.</summary>
    public void Store()
    {
        while (History.Storing.Step())
        {
        }
    }

    /// <summary>Takes a catalog that has to be right.</summary>
    public void Catalog(int port, byte[] frame)
    {
        Receiver.TakeControl(port, frame, Now);
        Assert.All(
            Enum.GetValues<ControlOutcome>().Where(outcome => outcome != ControlOutcome.Accepted), outcome => Assert.Equal((outcome, 0ul), (outcome, Receiver.Control(outcome))));
        Assert.All(
            Enum.GetValues<CatalogOutcome>().Where(outcome => outcome is not CatalogOutcome.Applied and not CatalogOutcome.Waiting),
            outcome => Assert.Equal((outcome, 0ul), (outcome, Receiver.Catalog(outcome))));
    }

    public HistoryReader Read() => HistoryReader.OpenAsync(History, TimeSpan.Zero, TestContext.Current.CancellationToken).Result!;

    public void Dispose() => History.Dispose();
}
