using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.Catalog;
using OppTel.Host.EbpfExporter;
using OppTel.Host.EbpfExporter.Decoders;
using OppTel.Host.Tests.Bpf;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>Files are understood as ebpf_exporter does, or every problem is named with its place.</summary>
public class ExporterFileTests
{
    private const string Counter = "metrics:\n  counters:\n    - name: a_total\n      help: A.\n";
    private const string Label = Counter + "      labels:\n        - name: b\n          size: 4\n          decoders:\n";
    private const string Histogram = "metrics:\n  histograms:\n    - name: a\n      help: A.\n      labels: [{ name: bucket, size: 4, decoders: [{ name: uint }] }]\n";

    [Fact]
    public void TheFilesOfTheseTestsAreUnderstood()
    {
        ExporterConfig counters = Load("counters"), histograms = Load("histograms");
        Assert.Equal(("counters", 16, 4), (counters.Name, counters.Metrics.Count, histograms.Metrics.Count));
        ExporterMetric padded = counters.Metrics.Single(metric => metric.Map == "padded_total");
        Assert.Equal(("ebpf_exporter_padded_total", Kind.Counter, 24), (padded.Metric.Name, padded.Metric.Kind, padded.Layout.Size));
        Assert.Equal([(0, 4), (4, 1), (8, 8), (16, 4)], padded.Layout.Labels.Select(label => (label.Offset, label.Size)));
        ExporterMetric sizes = histograms.Metrics[0];
        Assert.Equal(("ebpf_exporter_sizes_bytes", Kind.HistogramBucket, 22, 16), (sizes.Metric.Name, sizes.Metric.Kind, sizes.Metric.Slots, sizes.Layout.Size));
        Assert.Equal(["parity"], sizes.Layout.Labels.Select(label => label.Name));
        Assert.Equal(Enumerable.Range(0, 21).Select(power => Math.ScaleB(1, power) * 0.001), sizes.Metric.Bounds.UpperBounds);
        Assert.EndsWith("histograms.yaml:3:7", sizes.Place, StringComparison.Ordinal);
    }

    [Fact]
    public void ACounterEndsInTotal() =>
        Assert.Equal(["ebpf_exporter_packets_total"], Parse(Counter.Replace("a_total", "packets", StringComparison.Ordinal)).Metrics.Select(metric => metric.Metric.Name));

    [Theory]
    [InlineData("", "1:1: metrics: there are neither counters nor histograms")]
    [InlineData("metrics: { counter: [] }\n", "1:12: unknown key metrics.counter; did you mean counters?")]
    [InlineData("programs:\n  - name: old\n", "2:3: programs: this is the format of ebpf_exporter 1")]
    [InlineData(Counter + "tracing: { spans: [] }\n", "5:10: tracing: ebpf_exporter knows this, but it is not supported here")]
    [InlineData(Counter + "kaddrs: { a: b }\n", "5:9: kaddrs has to be a list")]
    [InlineData(Counter + "cgroup_id_map: { name: a }\n", "5:16: cgroup_id_map: ebpf_exporter knows this")]
    [InlineData(Counter + "      perf_event_array: true\n", "5:25: metrics.counters[0].perf_event_array: ebpf_exporter knows this")]
    [InlineData(Counter + "      values: [{ name: x, help: X }]\n", "5:15: metrics.counters[0].values: ebpf_exporter knows this")]
    [InlineData(Counter + "      table: counts\n", "5:7: unknown key metrics.counters[0].table")]
    [InlineData("metrics:\n  counters:\n    - name: a-b\n", "3:13: metrics.counters[0].name: 'a-b' is no name of letters")]
    [InlineData("metrics:\n  counters:\n    - name: a\n", "3:7: metrics.counters[0].help is missing")]
    [InlineData(Counter + "    - name: a\n      help: B.\n", "metrics.counters: ebpf_exporter_a_total is there 2 times")]
    [InlineData(Label + "            - name: kstack\n", "9:21: metrics.counters[0].labels[0].decoders[0].name: the decoder kstack is not supported; there are cgroup, dname, errno, hex, ifname, inet_ip, ksym, majorminor, regexp, static_map, string, syscall, uint")]
    [InlineData(Label + "            - name: pci_vendor\n", "9:21: metrics.counters[0].labels[0].decoders[0].name: the decoder pci_vendor is not supported")]
    [InlineData(Label + "            - name: unit\n", "the decoder unit is unknown; there are cgroup, dname, errno, hex, ifname, inet_ip, ksym, majorminor, regexp, static_map, string, syscall, uint; did you mean uint?")]
    [InlineData(Label + "            - name: ksym\n", "9:21: metrics.counters[0].labels[0].decoders[0].name: the decoder ksym reads 8 bytes, not 4")]
    [InlineData(Label + "            - name: cgroup\n", "this decoder reads what another one made of the key: put uint or string before it")]
    [InlineData(Label + "            - name: uint\n            - name: hex\n", "10:21: metrics.counters[0].labels[0].decoders[1].name: this decoder reads the bytes of the key")]
    [InlineData(Label + "            - name: uint\n            - name: static_map\n", "static_map: it has to map at least one value")]
    [InlineData(Label + "            - name: uint\n              static_map: { 0: a }\n", "10:27: metrics.counters[0].labels[0].decoders[0].static_map: this belongs to the decoder static_map")]
    [InlineData(Label + "            - name: string\n            - name: regexp\n              regexps: ['(a']\n", "regexps: '(a' is no regular expression: ")]
    [InlineData(Label + "            - name: string\n            - name: regexp\n              regexps: ['(a)\\1']\n", "regexps: '(a)\\1' is no regular expression: ")]
    [InlineData(Label + "            - name: string\n            - name: regexp\n              regexps: ['^[[:alpha:]]+$']\n", "regexps: '^[[:alpha:]]+$': classes such as [:alpha:] are not supported")]
    [InlineData(Counter + "      labels: [{ name: b, size: 4 }]\n", "labels[0].decoders: a label has at least one decoder")]
    [InlineData(Counter + "      labels: [{ name: b, decoders: [{ name: uint }] }]\n", "labels[0].size: is missing")]
    [InlineData(Counter + "      labels: [{ name: le, size: 4, decoders: [{ name: uint }] }]\n", "labels[0].name: 'le' is no name for a label of its own")]
    [InlineData(Histogram, "bucket_type: is missing: exp2, exp2zero, linear or fixed")]
    [InlineData(Histogram + "      bucket_type: exp3\n", "6:20: metrics.histograms[0].bucket_type: 'exp3' is not one of exp2, exp2zero, linear, fixed; did you mean exp2?")]
    [InlineData(Histogram + "      bucket_type: exp2\n", "bucket_max: is missing")]
    [InlineData(Histogram + "      bucket_type: linear\n      bucket_max: 96\n", "7:19: metrics.histograms[0].bucket_max: bucket_min and bucket_max have to be the numbers of the first and the last of 1 to 96 buckets")]
    [InlineData(Histogram + "      bucket_type: exp2\n      bucket_min: 5\n      bucket_max: 4\n", "bucket_min and bucket_max have to be the numbers")]
    [InlineData(Histogram + "      bucket_type: fixed\n      bucket_keys: [2, 1]\n", "7:20: metrics.histograms[0].bucket_keys: it has to list the numbers of 1 to 96 buckets, which grow")]
    [InlineData(Histogram + "      bucket_type: exp2\n      bucket_max: 4\n      bucket_multiplier: x\n", "bucket_multiplier: 'x' is not a number from 0 to 1000000000000")]
    [InlineData("metrics:\n  histograms:\n    - { name: a_count, help: A., bucket_type: exp2, bucket_max: 4, labels: [{ name: b, size: 4, decoders: [{ name: uint }] }] }\n", "3:15: metrics.histograms[0].name: Prometheus makes names that end in _count")]
    [InlineData("metrics:\n  histograms:\n    - { name: a, help: A., bucket_type: exp2, bucket_max: 4 }\n", "labels: the last label of a histogram is the number of the bucket: there has to be one")]
    [InlineData("metrics:\n  histograms:\n    - { name: a, help: A., bucket_type: exp2, bucket_max: 4, labels: [{ name: b, size: 4, decoders: [{ name: hex }] }] }\n", "uint has to be its only decoder")]
    public void WhatIsWrongIsNamedWithItsPlace(string text, string message) => Assert.Contains(message, WhyNot(text), StringComparison.Ordinal);

    [Fact]
    public void EveryProblemIsToldAtOnce()
    {
        string[] problems = WhyNot(Label + "            - name: kstack\n              frames: 3\n        - name: b\n          decoders: [{ name: ksym }]\n          sice: 4\n").Split(Environment.NewLine);
        Assert.Equal(["9:21", "10:15", "11:11", "11:17", "13:11"], problems.Select(problem => string.Join(':', problem.Split(':')[1..3])));
    }

    /// <summary>The largest metrics and series that are allowed, with the longest name of a host, in frames of an ordinary interface.</summary>
    [Fact]
    public void WhatIsAllowedFitsTheFramesOfTheCatalog()
    {
        const int mtu = 1500;
        string labels = string.Concat(Enumerable.Range(0, 11).Select(label => $"{{ name: {new string((char)('a' + label), 26)}, size: 32, decoders: [{{ name: hex }}] }}, "));
        ExporterMetric metric = Parse(
            $"metrics: {{ histograms: [{{ name: {new string('x', 108)}, help: '{new string('ä', 500)}', bucket_type: linear, bucket_max: 95, labels: [{labels}{{ name: bucket, size: 4, decoders: [{{ name: uint }}] }}] }}] }}").Metrics[0];
        Metric defined = new(metric.Metric) { Id = 60_000 };
        using DecoderContext context = new([]);
        SortedDictionary<string, string> values = metric.Layout.Decode(new byte[metric.Layout.Size], context)!;
        uint[] ids = [.. Enumerable.Range(0, defined.Slots).Select(slot => defined.Id + (uint)slot)];
        CatalogFrames frames = new(new string('h', 253), []);
        IReadOnlyList<byte[]> parts = frames.Encode(new CatalogChange(2, 1, [new Entity(EntityKind.Host, Entity.Permanent, 65_000, ids, values) { Own = defined }], []), mtu - ControlHeader.Size, out IReadOnlyList<Entity> leftOut);
        Assert.Empty(leftOut);
        Assert.All(parts, part => Assert.InRange(part.Length, 1, mtu - ControlHeader.Size));
        Assert.Equal(97, defined.Slots);
    }

    private static ExporterConfig Load(string name) => ExporterFile.Load(Path.Combine(KernelFixture.Root, "bpf", ExporterFolder.Sources, $"{name}.yaml"));

    private static ExporterConfig Parse(string text) => ExporterFile.Parse("/x/test.yaml", text);

    private static string WhyNot(string text)
    {
        string message = Assert.Throws<ConfigurationException>(() => Parse(text)).Message;
        Assert.StartsWith("/x/test.yaml:", message, StringComparison.Ordinal);
        return message;
    }
}
