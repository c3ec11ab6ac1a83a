using OppTel.Host.EbpfExporter;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>Raw tracepoints with texts as keys, and events of each CPU.</summary>
[Collection(TestEvents.Collection)]
public sealed class NameTests : IDisposable
{
    private readonly ExporterFolder folder = new();
    private readonly RecordingStore store = new(2000);
    private readonly ConfigReader reader;

    public NameTests() => reader = ExporterFolder.Open(folder.Add("names"));

    public void Dispose()
    {
        reader.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void EachNameIsCountedAndARegexpPutsSomeTogether()
    {
        string[] names = ["opptel-same-a", "opptel-same-b", "opptel-same-b", "opptel-other"];
        Thread thread = new(() => Array.ForEach(names, name => File.WriteAllText($"/proc/self/task/{TestLibc.ThreadId}/comm", name)));
        thread.Start();
        thread.Join();
        reader.Read(store);
        Dictionary<string, ulong> all = store.Counter("renames_total");
        Assert.Equal([1ul, 2ul, 1ul], names.Distinct().Select(name => all[name]));
        Assert.Equal(new Dictionary<string, ulong> { ["opptel-same"] = 3, ["opptel-other"] = 1 }, store.Counter("renames_ours_total"));
    }

    [Fact]
    public void TheClockOfEachCpuTicks() => Wait.Until(
        () =>
        {
            reader.Read(store);
            Dictionary<string, ulong> ticks = store.Counter("ticks_total");
            return Enumerable.Range(0, Environment.ProcessorCount).All(cpu => ticks.GetValueOrDefault($"{cpu}") > 5);
        },
        "every CPU's clock has ticked");
}
