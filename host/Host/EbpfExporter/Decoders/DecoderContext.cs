using OppTel.Host.Catalog;

namespace OppTel.Host.EbpfExporter.Decoders;

/// <summary>What decoders ask at run time; opened before capabilities are dropped, and only if a configuration needs it.</summary>
internal sealed class DecoderContext : IDisposable
{
    private static readonly string CgroupRoot = CgroupPaths.FindMount() ?? "";
    private const ulong FreshNanoseconds = 1_000_000_000;
    private readonly CgroupPaths? cgroups;
    private Dictionary<ulong, string> disks = [];
    private ulong disksReadAt;

    /// <summary>Opens what these decoders need.</summary>
    /// <param name="decoders">All of a configuration.</param>
    /// <param name="needsSymbols">Whether the configuration has another use for the kernel's symbols.</param>
    /// <exception cref="OppTel.Configuration.OperatorException">The kernel tells no addresses.</exception>
    public DecoderContext(IEnumerable<Decoder> decoders, bool needsSymbols = false)
    {
        HashSet<string> names = [.. decoders.Select(decoder => decoder.Name)];
        Symbols = needsSymbols || names.Contains(DecoderKinds.KernelSymbol) ? KernelSymbols.Open() : null;
        cgroups = names.Contains(DecoderKinds.Cgroup) ? new CgroupPaths() : null;
    }

    /// <summary>Null when no decoder needs it.</summary>
    public KernelSymbols? Symbols { get; }

    /// <summary>Path of a cgroup with that of its file system before it, as ebpf_exporter shows it; null for one that is gone.</summary>
    public string? Cgroup(ulong id) => cgroups?.Find(id) is { } path ? (path == "/" ? CgroupRoot : CgroupRoot + path) : null;

    /// <summary>Name of a block device by its number; null for none. All are read at once, at most once a second.</summary>
    public string? Disk(ulong id)
    {
        ulong now = Native.Boottime;
        if (now - disksReadAt >= FreshNanoseconds)
            (disks, disksReadAt) = (Disks.Names(), now);
        return disks.GetValueOrDefault(id);
    }

    public void Dispose()
    {
        Symbols?.Dispose();
        cgroups?.Dispose();
    }
}
