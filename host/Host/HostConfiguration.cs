using System.Net;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Boosts;
using OppTel.Host.EbpfExporter;
using OppTel.Host.Fallback;
using OppTel.Host.Producers;
using OppTel.Host.Samplers;
using OppTel.Host.Samplers.Gpu;
using OppTel.Host.Scheduling;
using OppTel.Host.Statsd;
using OppTel.Host.Tunnels;

namespace OppTel.Host;

/// <summary>Everything that the daemon can be told.</summary>
public sealed record HostConfiguration
{
    /// <summary>Where the configuration is when no other is named.</summary>
    public const string DefaultPath = "/etc/opptel/host.yaml";

    /// <summary>Bytes of the longest trailer, unless configured.</summary>
    public const int DefaultMaxTrailer = 512;

    /// <summary>Most values in a trailer, unless configured.</summary>
    public const int DefaultMaxValues = 16;

    /// <summary>Unchanged values that a carrier repeats, unless configured.</summary>
    public const int DefaultRefreshValues = 1;

    /// <summary>Bytes of a line: what memory and PCIe move at once.</summary>
    public const int LineSize = 64;

    /// <summary>Range of the longest trailer in bytes.</summary>
    public const int LeastMaxTrailer = 32, MostMaxTrailer = 1024;

    /// <summary>A heartbeat leaves when no trailer did for this long, unless configured.</summary>
    public static readonly TimeSpan DefaultHeartbeatInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Folder of the BPF objects, unless configured.</summary>
    public static string DefaultBpfDirectory => Path.Combine(AppContext.BaseDirectory, "lib", "bpf");

    /// <summary>Linux allows 64 characters for a machine's name; a DPU refuses the catalogs of who has none.</summary>
    private const int LongestHostName = 253;

    /// <summary>Interfaces whose TC egress carries trailers: the last ones before the wire.</summary>
    public required IReadOnlyList<string> Interfaces { get; init; }

    /// <summary>Devices of tunnels whose packets carry trailers inside.</summary>
    public required IReadOnlyList<string> Tunnels { get; init; }

    /// <summary>How to attach.</summary>
    public required AttachMode Attach { get; init; }

    /// <summary>The host's name in labels.</summary>
    public required string HostName { get; init; }

    /// <summary>Secret shared with the DPU; null for none.</summary>
    public required string? KeyFile { get; init; }

    /// <summary>Longest lease that a beacon can grant.</summary>
    public required TimeSpan MaxLease { get; init; }

    /// <summary>A heartbeat leaves when no trailer did for this long.</summary>
    public required TimeSpan HeartbeatInterval { get; init; }

    /// <summary>Least time between two trailers of a CPU.</summary>
    public required TimeSpan MinGap { get; init; }

    /// <summary>Longest trailer in bytes.</summary>
    public required int MaxTrailer { get; init; }

    /// <summary>Most values in a trailer.</summary>
    public required int MaxValues { get; init; }

    /// <summary>Unchanged values that a carrier repeats.</summary>
    public required int RefreshValues { get; init; }

    /// <summary>Bytes of a line that frames are filled up to; 0 for none.</summary>
    public required int Line { get; init; }

    /// <summary>Classes of metrics, the most urgent first.</summary>
    public required IReadOnlyList<MetricClass> Classes { get; init; }

    /// <summary>The door for scripts; null for none.</summary>
    public required StatsdSettings? Statsd { get; init; }

    /// <summary>Others' BPF objects, as configurations of ebpf_exporter describe them; null for none.</summary>
    public required EbpfExporterSettings? EbpfExporter { get; init; }

    /// <summary>The door for programs that bring metrics; null for none.</summary>
    public required ProducerSettings? Producers { get; init; }

    /// <summary>What is read by a clock; null for nothing.</summary>
    public required FastSampling? Fast { get; init; }

    /// <summary>What a DPU may ask to be read more often.</summary>
    public required BoostSettings Boost { get; init; }

    /// <summary>What leaves by itself when packets do not carry it; null for nothing.</summary>
    public required FallbackSettings? Fallback { get; init; }

    /// <summary>Entities of each kind that get slots of their own; the rest is "other".</summary>
    public required IReadOnlyDictionary<EntityKind, int> EntityLimits { get; init; }

    /// <summary>Names of the samplers that are not switched off.</summary>
    public required IReadOnlySet<string> Samplers { get; init; }

    /// <summary>Address and port of the daemon's own metrics.</summary>
    public required IPEndPoint Metrics { get; init; }

    /// <summary>Folder of the BPF object.</summary>
    public required string BpfDirectory { get; init; }

    /// <summary>Path of the BPF object.</summary>
    public string ObjectPath => Path.Combine(BpfDirectory, "opptel.bpf.o");

    /// <summary>Reads a file strictly.</summary>
    /// <exception cref="ConfigurationException">Carries every problem.</exception>
    public static HostConfiguration Load(string path)
    {
        ConfigurationDocument document = ConfigurationDocument.Load(path);
        HostConfiguration configuration = Read(document.Root);
        document.Complete();
        return configuration;
    }

    private static HostConfiguration Read(ConfigurationSection root)
    {
        IReadOnlyList<string> interfaces = root.Texts("interfaces");
        if (interfaces.Count == 0)
            root.Report("interfaces", "name at least one network interface, such as [eth0]");
        if (interfaces.Distinct().Count() != interfaces.Count)
            root.Report("interfaces", "an interface is named twice");
        ConfigurationSection trailer = root.Section("trailer");
        ConfigurationSection limits = root.Section("limits");
        ConfigurationSection samplers = root.Section("samplers");
        HashSet<string> wanted = [.. Sampler.All.Where(sampler => samplers.Boolean(sampler.Name, !sampler.IsOffByDefault)).Select(sampler => sampler.Name)];
        wanted.UnionWith(((string[])[TransportSampler.Name, GpuSampler.Name]).Where(name => samplers.Boolean(name, true)));
        if (samplers.Boolean(PerfEventSampler.Name, false))
            wanted.Add(PerfEventSampler.Name);
        wanted.UnionWith(((string[])[FastSampler.Name, StatsdSampler.Name, ProducerSampler.Name]).Where(root.Has));
        BoostSettings boost = BoostSettings.Read(root);
        if (boost.IsEnabled)
            wanted.Add(FastSampler.Name);
        EbpfExporterSettings? exporter = EbpfExporterSettings.Read(root);
        wanted.UnionWith(exporter?.Files.Select(EbpfExporterSampler.NameOf) ?? []);
        if (wanted.All(name => name is TransportSampler.Name or FastSampler.Name or GpuSampler.Name))
            root.Report("samplers", "every sampler is switched off: there would be nothing to append");
        return new HostConfiguration
        {
            Interfaces = interfaces,
            Tunnels = TunnelSettings.Read(root, interfaces),
            Attach = root.Choice("attach", AttachMode.Auto),
            HostName = ReadHostName(root),
            KeyFile = root.OptionalText("key_file"),
            MaxLease = root.Duration("max_lease", TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)),
            HeartbeatInterval = root.Duration("heartbeat_interval", DefaultHeartbeatInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)),
            MinGap = trailer.Duration("min_gap", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            MaxTrailer = trailer.Integer("max_bytes", DefaultMaxTrailer, LeastMaxTrailer, MostMaxTrailer),
            MaxValues = trailer.Integer("max_values", DefaultMaxValues, 1, HostMaps.MaxValues),
            RefreshValues = trailer.Integer("refresh_values", DefaultRefreshValues, 0, HostMaps.MaxValues),
            Line = trailer.Boolean("fill_lines", false) ? LineSize : 0,
            Classes = MetricClass.ReadAll(root),
            Fast = FastSampling.Read(root),
            Boost = boost,
            Fallback = FallbackSettings.Read(root),
            Statsd = StatsdSettings.Read(root),
            EbpfExporter = exporter,
            Producers = ProducerSettings.Read(root),
            EntityLimits = new Dictionary<EntityKind, int>
            {
                [EntityKind.Process] = limits.Integer("processes", 4096, 1, 14000),
                [EntityKind.Cgroup] = limits.Integer("cgroups", 1024, 1, 2000),
                [EntityKind.Interface] = limits.Integer("interfaces", 256, 1, 2000),
                [EntityKind.Disk] = limits.Integer("disks", 16, 1, 100),
            },
            Samplers = wanted,
            Metrics = ReadEndpoint(root, "metrics", "127.0.0.1:9436"),
            BpfDirectory = root.Text("bpf_directory", DefaultBpfDirectory),
        };
    }

    private static string ReadHostName(ConfigurationSection root)
    {
        string name = root.Text("host_name", Environment.MachineName);
        if (name.Length is 0 or > LongestHostName)
            root.Report("host_name", $"'{name}' is no name of 1 to {LongestHostName} characters");
        return name;
    }

    private static IPEndPoint ReadEndpoint(ConfigurationSection root, string key, string fallback)
    {
        string text = root.Text(key, fallback);
        if (IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && endpoint.Port != 0 && !endpoint.Address.Equals(IPAddress.IPv6Any))
            return endpoint;
        root.Report(key, $"'{text}' is not an address with a port, such as {fallback}");
        return IPEndPoint.Parse(fallback);
    }
}
