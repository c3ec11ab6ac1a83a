using System.Diagnostics;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>What an entry of a map costs each time that it is read. No tests: see <see cref="Measurements"/>.</summary>
public sealed class ExporterMeasurements(ITestOutputHelper output) : IDisposable
{
    private const int Entries = 1000, Rounds = 2000;
    private readonly ExporterFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact(Explicit = true)]
    public void NanosecondsPerEntry()
    {
        using ConfigReader reader = ExporterFolder.Open(folder.Add(
            "table",
            "metrics: { counters: [{ name: entries_total, help: A., labels: [{ name: a, size: 8, decoders: [{ name: uint }] }] }] }"));
        BpfMap map = reader.Object.Map("entries_total"), byCpu = reader.Object.Map("entries_by_cpu_total");
        for (ulong key = 0; key < Entries; key++)
        {
            map.Update(key, key);
            byCpu.UpdatePerCpu(key, new ulong[BpfObject.PossibleCpus]);
        }

        NoStore store = new();
        reader.Read(store);
        Tell("all of a reading, nothing has changed", () => reader.Read(store));
        using ConfigReader full = ExporterFolder.Open(folder.Add(
            "many",
            "metrics: { counters: [{ name: many_total, help: A., labels: [{ name: a, size: 8, decoders: [{ name: uint }] }] }] }"));
        for (ulong key = 0; key < Entries; key++)
            full.Object.Map("many_total").Update(key, key);
        full.Read(store);
        Tell("all of a reading of a map with room for 2,048", () => full.Read(store));
        foreach ((BpfMap one, bool inBatches) in ((BpfMap, bool)[])[(map, true), (map, false), (byCpu, true), (byCpu, false)])
        {
            using MapReader only = new(one, inBatches);
            Tell($"the kernel's part: {one.Name}, {(inBatches ? "in batches" : "one by one")}", () => ReadAll(only));
        }
    }

    private static void ReadAll(MapReader reader)
    {
        reader.Restart();
        while (reader.TryRead(out _))
        {
        }
    }

    private void Tell(string what, Action read)
    {
        for (int round = 0; round < Rounds / 10; round++)
            read();
        // The machine may do other things: what this process used, and not the time that went by.
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        for (int round = 0; round < Rounds; round++)
            read();
        self.Refresh();
        output.WriteLine(FormattableString.Invariant($"{(self.TotalProcessorTime - before).TotalNanoseconds / Rounds / Entries,8:0.0} ns  {what}"));
    }

    /// <summary>Takes everything and keeps nothing.</summary>
    private sealed class NoStore : ISlotStore
    {
        private uint next;

        public void Store(uint firstSlot, ReadOnlySpan<ulong> values)
        {
        }

        public void Add(uint firstSlot, ReadOnlySpan<ulong> deltas) => throw new NotSupportedException();

        public uint Claim(EntityKind kind, ulong id, IReadOnlyDictionary<string, string> labels) => throw new NotSupportedException();

        public void Release(EntityKind kind, ulong id, uint firstSlot) => throw new NotSupportedException();

        public bool IsTaken(string name) => false;

        public Metric? Define(Metric metric) => metric;

        public uint? Declare(Metric metric, IReadOnlyDictionary<string, string> labels) => next++;

        public void Withdraw(uint firstSlot)
        {
        }
    }
}
