using System.Text.Json;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Producers;
using OppTel.Host.Samplers;
using OppTel.Host.Samplers.Gpu;
using OppTel.Host.Statsd;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

public class ConfigurationTests
{
    private static readonly HashSet<string> Nothing = [];
    private static readonly Dictionary<EntityKind, int> NoLimits = [];

    [Fact]
    public void TheSampleLoadsAndItsCommentsAreTheDefaults()
    {
        string sample = File.ReadAllText(Path.Combine(KernelFixture.Root, "config", "host.yaml"));
        HostConfiguration commented = Load(sample);
        string open = string.Join('\n', sample.Split('\n').Select(line => line.StartsWith("# ", StringComparison.Ordinal) && IsKey(line[2..]) ? line[2..] : line));
        HostConfiguration opened = Load(open);
        Assert.Equal(Plain(commented), Plain(opened));
        Assert.Equal(JsonSerializer.Serialize(commented.Classes), JsonSerializer.Serialize(opened.Classes));
        Assert.Equal(commented.EntityLimits, opened.EntityLimits);
        Assert.Equal(commented.Samplers.Append(StatsdSampler.Name).Append(ProducerSampler.Name).Order(), opened.Samplers.Order());
        Assert.Null(commented.Fast);
        Assert.Null(commented.Statsd);
        Assert.Null(commented.EbpfExporter);
        Assert.Empty(opened.EbpfExporter!.Files);
        Assert.Null(commented.Producers);
        Assert.Equal(Sampler.All.Where(sampler => !sampler.IsOffByDefault).Select(sampler => sampler.Name).Append(TransportSampler.Name).Append(GpuSampler.Name).Append(FastSampler.Name).Order(), commented.Samplers.Order());
        Assert.Equal(["eth0"], opened.Interfaces);
        Assert.Empty(opened.Tunnels);
        Assert.Equal("/etc/opptel/key", opened.KeyFile);
    }

    [Theory]
    [InlineData("", "name at least one network interface")]
    [InlineData("interfaces: [eth0]\ntunnels: [vxlan0, eth0]\n", "2:10: tunnels: 'eth0' stands under interfaces too")]
    [InlineData("interfaces: [eth0]\ntunnels: [a, a]\n", "2:10: tunnels: a device is named twice")]
    [InlineData("interfaces: [eth0]\nattach: tcq\n", "2:9: attach: 'tcq' is not one of auto, tcx, clsact; did you mean tcx?")]
    [InlineData("interfaces: [eth0]\ntrailer: { max_values: 33 }\n", "2:24: trailer.max_values: '33' is not a whole number from 1 to 32")]
    [InlineData("interfaces: [eth0]\nmetrics: 9436\n", "2:10: metrics: '9436' is not an address with a port, such as 127.0.0.1:9436")]
    [InlineData("interfaces: [eth0]\nsamplers: { sheduler: true }\n", "2:13: unknown key samplers.sheduler; did you mean scheduler?")]
    [InlineData("interfaces: [eth0]\nfast: { interval: 1us, metrics: [opptel_migrations_total] }\n", "fast.interval: '1us' is not a duration from 10us to 1s")]
    [InlineData("interfaces: [eth0]\nfast: { metrics: [] }\n", "fast.metrics: name at least one metric")]
    [InlineData("interfaces: [eth0]\nfast: { metrics: [opptel_migration_total] }\n", "there is no metric opptel_migration_total; did you mean opptel_migrations_total?")]
    [InlineData("interfaces: [eth0]\nfast: { metrics: [process_cpu_time_seconds_total] }\n", "belongs to entities that come and go")]
    [InlineData("interfaces: [eth0]\nfast: { metrics: [opptel_runqueue_wait_seconds] }\n", "they take 194 slots, and 16 can be sampled")]
    [InlineData("interfaces: [eth0]\nboost: { min_interval: 1us }\n", "2:24: boost.min_interval: '1us' is not a duration from 10us to 10s")]
    [InlineData("interfaces: [eth0]\nboost: { enable: true }\n", "2:10: unknown key boost.enable; did you mean enabled?")]
    [InlineData("interfaces: [eth0]\nfallback: { loss: 10 }\n", "2:19: fallback.loss: '10' is not a share from 0.1% to 100%")]
    [InlineData("interfaces: [eth0]\nfallback: { loss: 1%, recover_loss: 2% }\n", "fallback.recover_loss: has to be less than loss")]
    [InlineData("interfaces: [eth0]\nfallback: { recover: 500ms }\n", "fallback.recover: is shorter than no_carriers")]
    [InlineData("interfaces: [eth0]\nfallback: { metrics: ['opptel_*_total'] }\n", "fallback.metrics: 'opptel_*_total': a star can only stand at the end")]
    [InlineData("interfaces: [eth0]\nfallback: { collector: '2001:db8::1:9437' }\n", "fallback.collector: '2001:db8::1:9437' is not a name or an address with a port")]
    [InlineData("interfaces: [eth0]\nfallback: { collector: collector.example }\n", "is not a name or an address with a port, such as collector.example:9437")]
    [InlineData("interfaces: [eth0]\nfallback: { colector: a:1 }\n", "unknown key fallback.colector; did you mean collector?")]
    [InlineData("interfaces: [eth0]\nstatsd: { }\n", "statsd.socket is missing")]
    [InlineData("interfaces: [eth0]\nstatsd: { socket: a }\n", "statsd.socket: 'a' is no absolute path of at most 107 bytes")]
    [InlineData("interfaces: [eth0]\nstatsd: { socket: /a, mode: '89' }\n", "statsd.mode: '89' is not three or four octal digits, such as 0660")]
    [InlineData("interfaces: [eth0]\nebpf_exporter: { configs: [a.yaml] }\n", "2:27: ebpf_exporter.configs: 'a.yaml' is no absolute path of a file NAME.yaml")]
    [InlineData("interfaces: [eth0]\nebpf_exporter: { configs: [/nonesuch/a.yaml] }\n", "2:27: ebpf_exporter.configs: cannot read /nonesuch/a.yaml")]
    [InlineData("interfaces: [eth0]\nebpf_exporter: { interval: 1ms }\n", "ebpf_exporter.interval: '1ms' is not a duration from 10ms to 1m")]
    [InlineData("interfaces: [eth0]\nproducers: { interval: 1us }\n", "producers.interval: '1us' is not a duration from 1ms to 100ms")]
    [InlineData("interfaces: [eth0]\nproducers: { interval: 1s }\n", "producers.interval: '1s' is not a duration from 1ms to 100ms")]
    [InlineData("interfaces: [eth0]\nproducers: { }\n", "producers.socket is missing")]
    [InlineData("interfaces: [eth0]\nclasses: []\n", "2:10: classes: there are 0, and have to be 1 to 8")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a }]\n", "classes: one has to take what no other does: give it metrics: ['*']")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a, metrics: ['*'] }, { name: b, metrics: ['*'] }]\n", "classes: two take '*'")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a, metrics: ['*'] }, { name: a, metrics: [b] }]\n", "classes: two are named a")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a, metrics: ['a*b', '*'] }]\n", "classes[0].metrics: 'a*b': a star can only stand at the end")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a, max_age: 1ms, metrics: ['*'] }]\n", "classes[0].max_age: '1ms' is not a duration from 8ms to 1m")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a, max_age: 1s, min_interval: 2s, metrics: ['*'] }]\n", "classes[0].min_interval: is longer than three quarters of max_age")]
    [InlineData("interfaces: [eth0]\nclasses: [{ name: a, redundancy: 0, metrics: ['*'] }]\n", "classes[0].redundancy: '0' is not a whole number from 1 to 8")]
    [InlineData("interfaces: [eth0]\nmetrics: '[::]:9436'\n", "2:10: metrics: '[::]:9436' is not an address with a port")]
    [InlineData("interfaces: [eth0, eth1, eth0]\n", "1:13: interfaces: an interface is named twice")]
    [InlineData("interfaces: [eth0]\nhost_name: ''\n", "2:12: host_name: '' is no name of 1 to 253 characters")]
    [InlineData("interface: [eth0]\n", "1:1: unknown key interface; did you mean interfaces?")]
    [InlineData("interfaces: [eth0]\nheartbeat_interval: 1\n", "2:21: heartbeat_interval: '1' is not a duration")]
    public void WhatIsWrongIsNamedWithItsPlace(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Load(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void EverySamplerSwitchedOffIsAProblem() => WhatIsWrongIsNamedWithItsPlace(
        $"interfaces: [eth0]\nsamplers: {{ {string.Join(", ", Sampler.All.Select(sampler => $"{sampler.Name}: false"))} }}\n",
        "2:11: samplers: every sampler is switched off");

    [Fact]
    public void AMissingInterfaceIsNamedWithThoseThatThereAre()
    {
        OperatorException exception = Assert.Throws<OperatorException>(() => HostInterface.Find("nonesuch0"));
        Assert.Equal(ExitCode.Unavailable, exception.ExitCode);
        Assert.Contains("no network interface nonesuch0 here; there are: lo", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingObjectNamesItsPathAndTheRemedy()
    {
        HostConfiguration configuration = Load("interfaces: [eth0]\nbpf_directory: /nonesuch\n");
        BpfException exception = Assert.Throws<BpfException>(() => new HostKernel(configuration).Dispose());
        Assert.Contains("/nonesuch/opptel.bpf.o is missing; build it with scripts/build", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A key with its value, a key whose list begins in the next line, or a part of such a list; no sentence.</summary>
    private static bool IsKey(string line) => line.StartsWith("  - ", StringComparison.Ordinal)
        || (line.Split(':')[0] is { } key && key.Length > 0 && key.All(letter => char.IsLower(letter) || letter == '_')
            && (line.Contains(": ", StringComparison.Ordinal) || line.Length == key.Length + 1) && !line.EndsWith('.'));

    /// <summary>Without what compares by reference or depends on the machine.</summary>
    private static HostConfiguration Plain(HostConfiguration configuration) =>
        configuration with { Interfaces = [], Tunnels = [], HostName = "", KeyFile = null, BpfDirectory = "", Samplers = Nothing, EntityLimits = NoLimits, Classes = [], Fast = null, Statsd = null, EbpfExporter = null, Producers = null };

    private static HostConfiguration Load(string text)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            return HostConfiguration.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
