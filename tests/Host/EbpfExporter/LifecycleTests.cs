using OppTel.Bpf;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>Series come and go with their keys, within bounds; totals stay right.</summary>
[Collection(TestEvents.Collection)]
public sealed class LifecycleTests : IDisposable
{
    private const string Table = "metrics:\n  counters:\n    - name: entries_total\n      help: Entries.\n      labels:\n        - name: entry\n          size: 8\n          decoders: [{ name: uint }]\n";
    private readonly ExporterFolder folder = new();
    private readonly RecordingStore store = new(500);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhatFindsNoSlotsIsCountedUnderOther()
    {
        // One slot is set aside for "other".
        using ConfigReader reader = ExporterFolder.Open(folder.Add("table", Table), slots: 4);
        BpfMap map = Map(reader);
        for (ulong key = 0; key < 10; key++)
            map.Update(key, 100 + key);
        reader.Read(store);
        Dictionary<string, ulong> shown = store.Counter("entries_total");
        Assert.Equal(4, shown.Count);
        Assert.Equal((ulong)Enumerable.Range(100, 10).Sum(), shown.Values.Aggregate((sum, value) => sum + value));
        Assert.Equal([(KeyOutcome.Shown, 3ul), (KeyOutcome.Other, 7)], reader.Outcomes.Where(outcome => outcome.Keys > 0));
        // The others go on counting, one of them from nothing.
        string[] others = [.. Enumerable.Range(0, 10).Select(key => $"{key}").Except(shown.Keys)];
        map.Update(ulong.Parse(others[0]), 1ul);
        map.Update(ulong.Parse(others[1]), 1000ul);
        reader.Read(store);
        Assert.Equal(shown["other"] + 1 + (1000 - 100 - ulong.Parse(others[1])), store.Counter("entries_total")["other"]);
        Assert.Equal(10ul, reader.Outcomes.Aggregate(0ul, (sum, outcome) => sum + outcome.Keys));
    }

    [Fact]
    public void WhatHasLeftTheMapIsGivenUpAndItsSlotsServeOthers()
    {
        using ConfigReader reader = ExporterFolder.Open(folder.Add("table", Table), slots: 3, expire: TimeSpan.FromMilliseconds(300));
        BpfMap map = Map(reader);
        map.Update(1ul, 10ul);
        map.Update(2ul, 20ul);
        reader.Read(store);
        Assert.Equal(["1", "2"], store.Counter("entries_total").Keys.Order());
        Assert.True(map.TryRemove(1ul));
        Wait.Until(() => Read(reader).Keys.SequenceEqual(["2"]), "the series of the key that has left is gone");
        map.Update(3ul, 30ul);
        Wait.Until(() => Read(reader).GetValueOrDefault("3") == 30, "another key has its slots");
        Assert.Equal(20ul, Read(reader)["2"]);
        Assert.DoesNotContain("other", Read(reader));
    }

    [Fact]
    public void ACounterAloneIsWhatTheMapSays()
    {
        using ConfigReader reader = ExporterFolder.Open(folder.Add("table", Table));
        BpfMap map = Map(reader);
        foreach (ulong value in (ulong[])[5, 7, 3, 0, 9])
        {
            map.Update(1ul, value);
            Assert.Equal(value, Read(reader)["1"]);
        }
    }

    /// <summary>Several keys of one series: one that begins anew, or leaves, takes nothing from the sum.</summary>
    [Fact]
    public void ASumOfSeveralKeysNeverFalls()
    {
        string text = Table.Replace("[{ name: uint }]", "[{ name: uint }, { name: static_map, static_map: { 1: same, 2: same } }]", StringComparison.Ordinal);
        using ConfigReader reader = ExporterFolder.Open(folder.Add("table", text), expire: TimeSpan.FromMilliseconds(300));
        BpfMap map = Map(reader);
        map.Update(1ul, 10ul);
        map.Update(2ul, 20ul);
        Assert.Equal(30ul, Read(reader)["same"]);
        map.Update(1ul, 4ul);
        Assert.Equal(34ul, Read(reader)["same"]);
        Assert.True(map.TryRemove(2ul));
        Thread.Sleep(1500);
        Assert.Equal(34ul, Read(reader)["same"]);
        map.Update(2ul, 1ul);
        Assert.Equal(35ul, Read(reader)["same"]);
    }

    [Fact]
    public void WhatIsNotShownIsCountedByItsReason()
    {
        string text = Table.Replace("[{ name: uint }]", "[{ name: uint }, { name: regexp, regexps: [^1$] }]", StringComparison.Ordinal)
            + "  histograms:\n    - { name: spans, help: A., bucket_type: exp2, bucket_max: 20, labels: [{ name: bucket, size: 8, decoders: [{ name: uint }] }] }\n";
        using (ConfigReader reader = ExporterFolder.Open(folder.Add("table", text)))
        {
            foreach (ulong key in (ulong[])[1, 2, 20, 21, 22, 300])
            {
                Map(reader).Update(key, key);
                reader.Object.Map("spans").Update(key, key);
            }

            Assert.Equal(["1"], Read(reader).Keys);
            Assert.Equal([(KeyOutcome.Shown, 5ul), (KeyOutcome.Refused, 5), (KeyOutcome.OutOfRange, 2)], reader.Outcomes.Where(outcome => outcome.Keys > 0));
            ulong[] values = store.Histogram("spans")[""].Values;
            Assert.Equal([1ul, 2, 20, 21], new[] { 1, 2, 20, 21 }.Select(slot => values[slot]));
            Assert.Equal(44ul, values.Aggregate((sum, value) => sum + value));
        }

        // One slot for the counter's "other", one for its series, and not enough for the histogram.
        using ConfigReader small = ExporterFolder.Open(folder["table.yaml"], slots: 2 + 21);
        foreach (ulong key in (ulong[])[1, 2])
        {
            Map(small).Update(key, key);
            small.Object.Map("spans").Update(key, key);
        }

        small.Read(store);
        Assert.Equal([(KeyOutcome.Shown, 1ul), (KeyOutcome.NoSlots, 2), (KeyOutcome.Refused, 1)], small.Outcomes.Where(outcome => outcome.Keys > 0));
    }

    [Fact]
    public void AReadingOfKnownKeysAllocatesNothing()
    {
        using ConfigReader reader = ExporterFolder.Open(folder.Add("table", Table));
        BpfMap map = Map(reader);
        for (ulong key = 0; key < 400; key++)
            map.Update(key, key);
        reader.Read(store);
        reader.Read(store);
        long before = 0;
        for (ulong round = 1; round < 5; round++)
        {
            for (ulong key = 0; key < 400; key++)
                map.Update(key, key + round);
            before = GC.GetAllocatedBytesForCurrentThread();
            reader.Read(store);
            before = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, before);
        Assert.Equal(403ul, Read(reader)["399"]);
    }

    [Fact]
    public void WhatCannotBeOpenedSaysWhy()
    {
        Assert.Equal($"{folder["none.bpf.o"]} is missing: build it beside {folder["none.yaml"]}", ExporterFolder.WhyNot(Write("none", Table)));
        string path = folder.Add("table", Table);
        Assert.Equal($"{path}:3:7: no slot is left for ebpf_exporter_entries_total; give more (ebpf_exporter.slots)", ExporterFolder.WhyNot(path, slots: 0));
        Assert.Equal($"{path}:3:7: {folder["table.bpf.o"]} has no map missing_total", ExporterFolder.WhyNot(Write("table", Table.Replace("entries_total", "missing_total", StringComparison.Ordinal))));
        Assert.Equal($"{path}:3:7: the map huge_total has room for 100000 entries; at most 65536 are read", ExporterFolder.WhyNot(Write("table", Table.Replace("entries_total", "huge_total", StringComparison.Ordinal))));
        Assert.Equal(
            $"{path}:3:7: the labels of entries_total are made of 10 bytes with their padding, and the keys of the map have 8",
            ExporterFolder.WhyNot(Write("table", Table.Replace("size: 8", "size: 8\n          padding: 2", StringComparison.Ordinal))));
        Assert.Contains("only numbers of 8 bytes can be read", ExporterFolder.Refusal(Write("table", Table.Replace("entries_total", "narrow_total", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
        Assert.Equal($"{path}: kaddrs: this kernel has no symbol nonesuch; those of data are there with CONFIG_KALLSYMS_ALL", ExporterFolder.WhyNot(Write("table", Table + "kaddrs: [nonesuch]\n")));
        Assert.Equal($"{folder["unknown.bpf.o"]}: programs of the section xdp/lo are not supported (nothing)", ExporterFolder.WhyNot(folder.Add("unknown", Table)));
    }

    private static BpfMap Map(ConfigReader reader) => reader.Object.Map("entries_total");

    private Dictionary<string, ulong> Read(ConfigReader reader)
    {
        reader.Read(store);
        return store.Counter("entries_total");
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[$"{name}.yaml"], text);
        return folder[$"{name}.yaml"];
    }
}
