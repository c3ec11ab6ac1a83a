using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>All entries of a map are read, whatever its kind, in batches and one by one.</summary>
public sealed class MapReaderTests : IDisposable
{
    private readonly BpfObject table;

    public MapReaderTests()
    {
        table = BpfObject.Open(KernelFixture.Build(Path.Combine(ExporterFolder.Sources, "table.bpf.c")));
        table.Load();
    }

    public void Dispose() => table.Dispose();

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 10_000)]
    [InlineData(true, 16_384)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(false, 10_000)]
    public void EveryEntryIsReadOnce(bool inBatches, int entries)
    {
        BpfMap map = table.Map("entries_total");
        for (ulong key = 0; key < (ulong)entries; key++)
            map.Update(key * 0x9E3779B97F4A7C15, key + 1);
        using MapReader reader = new(map, inBatches);
        for (int round = 0; round < 2; round++)
        {
            List<(ulong Key, ulong Value)> read = All(reader);
            Assert.Equal(Enumerable.Range(0, entries).Select(key => ((ulong)key * 0x9E3779B97F4A7C15, (ulong)key + 1)).Order(), read.Order());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CpusAreSummedOrReadOneByOne(bool inBatches)
    {
        BpfMap map = table.Map("entries_by_cpu_total");
        ulong[] values = [.. Enumerable.Range(1, BpfObject.PossibleCpus).Select(cpu => (ulong)cpu * 1000)];
        ulong key = 42;
        map.UpdatePerCpu(key, values);
        using MapReader reader = new(map, inBatches);
        Assert.Equal([(42ul, values.Aggregate((sum, value) => sum + value))], All(reader));
        reader.Restart();
        while (reader.TryRead(out int count))
        {
            for (int cpu = 0; count > 0 && cpu < reader.Cpus; cpu++)
                Assert.Equal(values[cpu], reader.Value(0, cpu));
        }
    }

    [Fact]
    public void OtherMapsAreRefused()
    {
        Assert.Equal("the map narrow_total has values of 4 bytes: only numbers of 8 bytes can be read", Assert.Throws<BpfException>(() => new MapReader(table.Map("narrow_total"))).Message);
        Assert.StartsWith("the map ring_total is of type 27", Assert.Throws<BpfException>(() => new MapReader(table.Map("ring_total"))).Message, StringComparison.Ordinal);
    }

    private static List<(ulong Key, ulong Value)> All(MapReader reader)
    {
        List<(ulong, ulong)> entries = [];
        reader.Restart();
        while (reader.TryRead(out int count))
        {
            for (int entry = 0; entry < count; entry++)
                entries.Add((MemoryMarshal.Read<ulong>(reader.Key(entry)), reader.Sum(entry)));
        }

        return entries;
    }
}
