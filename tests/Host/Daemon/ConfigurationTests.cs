using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Samplers;
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
        Assert.Equal(commented.EntityLimits, opened.EntityLimits);
        Assert.Equal(commented.Samplers.Order(), opened.Samplers.Order());
        Assert.Equal(Sampler.All.Select(sampler => sampler.Name).Order(), opened.Samplers.Order());
        Assert.Equal(["eth0"], opened.Interfaces);
        Assert.Equal("/etc/opptel/key", opened.KeyFile);
    }

    [Theory]
    [InlineData("", "name at least one network interface")]
    [InlineData("interfaces: [eth0]\nattach: tcq\n", "2:9: attach: 'tcq' is not one of auto, tcx, clsact; did you mean tcx?")]
    [InlineData("interfaces: [eth0]\ntrailer: { max_values: 33 }\n", "2:24: trailer.max_values: '33' is not a whole number from 1 to 32")]
    [InlineData("interfaces: [eth0]\nmetrics: 9436\n", "2:10: metrics: '9436' is not an address with a port, such as 127.0.0.1:9436")]
    [InlineData("interfaces: [eth0]\nsamplers: { sheduler: true }\n", "2:13: unknown key samplers.sheduler; did you mean scheduler?")]
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

    private static bool IsKey(string line) => line.Split(':')[0] is { } key && key.Length > 0 && key.All(letter => char.IsLower(letter) || letter == '_') && line.Contains(": ", StringComparison.Ordinal) && !line.EndsWith('.');

    /// <summary>Without what compares by reference or depends on the machine.</summary>
    private static HostConfiguration Plain(HostConfiguration configuration) =>
        configuration with { Interfaces = [], HostName = "", KeyFile = null, BpfDirectory = "", Samplers = Nothing, EntityLimits = NoLimits };

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
