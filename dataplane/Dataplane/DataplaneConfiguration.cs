using OppTel.Configuration;
using OppTel.Dataplane.Steering;
using OppTel.Dataplane.Tunnels;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane;

/// <summary>What an idle worker does.</summary>
internal enum Polling
{
    /// <summary>It polls on.</summary>
    Busy,

    /// <summary>It sleeps, bounded, and gives its core away meanwhile.</summary>
    Adaptive,
}

/// <summary>Where DPDK's memory comes from.</summary>
internal enum HugepageUse
{
    /// <summary>Hugepages when enough of them are free, else ordinary pages.</summary>
    Auto,

    /// <summary>Hugepages or no start.</summary>
    Required,

    /// <summary>Ordinary pages.</summary>
    None,
}

/// <summary>The dataplane's configuration file. Every key has a default but the pairs.</summary>
internal sealed record DataplaneConfiguration
{
    public const string DefaultPath = "/etc/opptel/dataplane.yaml";

    private const int LargestMtu = 9600;

    /// <summary>CPUs, one worker each; empty: the last allowed one.</summary>
    public required IReadOnlyList<int> Workers { get; init; }

    public required Polling Polling { get; init; }

    /// <summary>Bytes for DPDK.</summary>
    public required long Memory { get; init; }

    public required HugepageUse Hugepages { get; init; }

    /// <summary>Passed to EAL as they are.</summary>
    public required IReadOnlyList<string> EalArguments { get; init; }

    public required IReadOnlyList<PairConfiguration> Pairs { get; init; }

    public required string SegmentPath { get; init; }

    /// <summary>Group that may attach; null: opptel when there is such a group, else the owner alone.</summary>
    public required string? SegmentGroup { get; init; }

    /// <summary>Data bytes of each worker's ring.</summary>
    public required uint RingBytes { get; init; }

    public required TimeSpan Lease { get; init; }

    public required TimeSpan BeaconInterval { get; init; }

    /// <summary>Longest trailer that the beacons allow, in bytes.</summary>
    public required int MaxTrailer { get; init; }

    /// <summary>Tunnels in which trailers are looked for.</summary>
    public required TunnelSettings Tunnels { get; init; }

    /// <summary>File with the key of all pairs that have none of their own; null: the public one.</summary>
    public required string? KeyFile { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="OperatorException">It cannot be read.</exception>
    /// <exception cref="ConfigurationException">Something in it is wrong; carries all of it.</exception>
    public static DataplaneConfiguration Load(string path) => Read(ConfigurationDocument.Load(path));

    /// <summary>Reads text that came from <paramref name="file"/>.</summary>
    /// <exception cref="ConfigurationException">Something in it is wrong; carries all of it.</exception>
    public static DataplaneConfiguration Parse(string file, string text) => Read(ConfigurationDocument.Parse(file, text));

    /// <summary>Reads all key files.</summary>
    /// <exception cref="OperatorException">One is missing, readable by everybody, or not a key.</exception>
    public KeyBook LoadKeys()
    {
        KeyBook keys = new(KeyFile);
        foreach (PairConfiguration pair in Pairs)
            _ = keys.Of(pair.Trust.KeyFile);
        return keys;
    }

    private static DataplaneConfiguration Read(ConfigurationDocument document)
    {
        ConfigurationSection root = document.Root;
        ConfigurationSection segment = root.Section("segment");
        DataplaneConfiguration configuration = new()
        {
            Workers = root.Integers("workers", 0, 4095),
            Polling = root.Choice("polling", Polling.Busy),
            Memory = root.Bytes("memory", 256L << 20, 32L << 20, 64L << 30),
            Hugepages = root.Choice("hugepages", HugepageUse.Auto),
            EalArguments = root.Texts("eal_arguments"),
            Pairs = [.. root.Sections("pairs").Select((pair, index) => ReadPair(pair, index, root.Has("key_file")))],
            SegmentPath = segment.Text("path", "/run/opptel/segment"),
            SegmentGroup = segment.OptionalText("group"),
            RingBytes = (uint)segment.Bytes("ring", 4L << 20, 4L << 10, 1L << 30),
            Lease = root.Duration("lease", TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10)),
            BeaconInterval = root.Duration(
                "beacon_interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5)),
            MaxTrailer = root.Integer("max_trailer", 512, WireFormat.FooterSize + WireFormat.ValueSize, WireFormat.MaxTrailerSize),
            Tunnels = TunnelSettings.Read(root),
            KeyFile = root.OptionalText("key_file"),
        };
        configuration.Validate(root, segment);
        document.Complete();
        return configuration;
    }

    private void Validate(ConfigurationSection root, ConfigurationSection segment)
    {
        if (Pairs.Count == 0)
            root.Report("pairs", "at least one pair of ports is needed");
        if (Pairs.Count > SegmentLayout.MaxPorts / 2)
            root.Report("pairs", $"{Pairs.Count} pairs are more than {SegmentLayout.MaxPorts / 2}");
        if (Workers.Distinct().Count() != Workers.Count)
            root.Report("workers", "a CPU is named twice; every worker needs one of its own");
        if (Workers.Count > SegmentLayout.MaxWorkers)
            root.Report("workers", $"{Workers.Count} workers are more than {SegmentLayout.MaxWorkers}");
        if (!uint.IsPow2(RingBytes))
            segment.Report("ring", $"{Quantity.Format(RingBytes)} is not a power of two");
        if (!Path.IsPathFullyQualified(SegmentPath))
            segment.Report("path", $"'{SegmentPath}' is not an absolute path");
        if (Lease < 2 * BeaconInterval)
            root.Report("lease", $"{Quantity.Format(Lease)} is shorter than two beacon intervals ({Quantity.Format(BeaconInterval)} each): one lost beacon would end it");
        if (MaxTrailer < WireFormat.FooterSize + WireFormat.TagSize + WireFormat.ValueSize && Pairs.Any(pair => pair.Trust.RequiresTags))
            root.Report("max_trailer", $"{MaxTrailer} bytes leave no room for a value and the tag that require_tags asks for");
        if (FirstDuplicate(Pairs.Select(pair => pair.Name)) is { } name)
            root.Report("pairs", $"two pairs are named '{name}'");
        if (FirstDuplicate(Pairs.SelectMany(pair => new[] { pair.Host.Name, pair.Network.Name })) is { } port)
            root.Report("pairs", $"the port '{port}' is used twice");
    }

    private static string? FirstDuplicate(IEnumerable<string> names) =>
        names.GroupBy(name => name).FirstOrDefault(group => group.Key.Length > 0 && group.Count() > 1)?.Key;

    private static PairConfiguration ReadPair(ConfigurationSection pair, int index, bool hasCommonKey)
    {
        PortSpecification host = ReadPort(pair.RequiredSection("host")), network = ReadPort(pair.RequiredSection("network"));
        SteeringSettings? steering = SteeringSettings.Read(pair);
        bool canBypass = host.IsKernelPort && network.IsKernelPort && !pair.Has("steering"), bypass = pair.Boolean("bypass", canBypass);
        if (bypass && !canBypass)
        {
            pair.Report("bypass", "the kernel can forward only between ports of af_xdp and af_packet, and knows no marks of steering; for other drivers put the rule into the "
                + "device (see Fail-open in README.md), and leave this key out");
        }

        return new PairConfiguration(
            pair.Text("name", $"pair{index}"), host, network, pair.Has("mtu") ? pair.Integer("mtu", 1500, 576, LargestMtu) : 0, bypass,
            PairTrust.Read(pair, hasCommonKey), steering);
    }

    private static PortSpecification ReadPort(ConfigurationSection port)
    {
        PortDriver driver = port.Choice("driver", PortDriver.AfXdp);
        return driver == PortDriver.Vdev
            ? new PortSpecification(port.Path, driver, "", port.RequiredText("arguments"))
            : new PortSpecification(port.Path, driver, port.RequiredText("interface"), port.Text("arguments", ""));
    }
}
