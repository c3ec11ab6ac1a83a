using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Host.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>Has the memory of all cgroups read, and finds the twins of those in a hierarchy of the memory controller's own.</summary>
internal sealed class CgroupMemoryReader : ISlotReader
{
    // In readings: a cgroup can be made, or made anew, where there was none, or another.
    private const int LookAgain = 30;
    private readonly MemoryHierarchy hierarchy;
    private readonly BpfMap twins;
    private readonly CgroupIterator walk;
    private readonly CgroupPaths paths;
    private int readings;

    /// <summary>Attaches the program that reads.</summary>
    /// <param name="hierarchy">That the accounts are in.</param>
    /// <param name="program">It fills slots, and writes the 8-byte ids of cgroups whose twins it does not know.</param>
    /// <param name="twins">Takes the unified hierarchy's ids of those with the same path; 0 for none.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public CgroupMemoryReader(MemoryHierarchy hierarchy, BpfProgram program, BpfMap twins)
    {
        this.hierarchy = hierarchy;
        this.twins = twins;
        walk = program.IterateCgroups(hierarchy.Root);
        paths = new CgroupPaths(hierarchy.Root);
    }

    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        if (hierarchy.IsApart && ++readings % LookAgain == 0)
        {
            foreach ((ulong id, ulong twin) in twins.Entries<ulong, ulong>())
                Learn(id, twin);
        }

        ReadOnlySpan<ulong> unknown = MemoryMarshal.Cast<byte, ulong>(walk.Run());
        foreach (ulong id in unknown)
            Learn(id, null);
        // They have waited for it long enough.
        if (unknown.Length > 0)
            _ = walk.Run();
    }

    public void Dispose()
    {
        walk.Dispose();
        paths.Dispose();
    }

    /// <param name="id">Of a cgroup in the controller's hierarchy.</param>
    /// <param name="known">The twin that the program knows; null when it knows nothing of this cgroup.</param>
    private void Learn(ulong id, ulong? known)
    {
        if (paths.Find(id) is not { } path)
        {
            // It has ended meanwhile.
            _ = twins.TryRemove(id);
            return;
        }

        ulong twin = Native.Inode(hierarchy.UnifiedRoot + path);
        if (twin != known && !twins.TryUpdate(id, twin))
            throw new IOException($"there are more than {twins.MaxEntries} cgroups in {hierarchy.Root}; the memory of {path} is not read");
    }
}
