using OppTel.Configuration;
using OppTel.Host.Catalog;

namespace OppTel.Host.Samplers;

/// <summary>Where cgroups have their memory accounted: in the unified hierarchy, or in one of version 1 beside it.</summary>
/// <param name="Root">Where the hierarchy is mounted that the memory controller works in.</param>
/// <param name="UnifiedRoot">Where the unified one is.</param>
internal sealed record MemoryHierarchy(string Root, string UnifiedRoot)
{
    /// <summary>Whether cgroups have other ids there than in the unified hierarchy.</summary>
    public bool IsApart => Root != UnifiedRoot;

    /// <summary>Looks where this machine has it.</summary>
    /// <exception cref="OperatorException">Nowhere: no kernel support, switched off, or a hierarchy is not mounted.</exception>
    public static MemoryHierarchy Find()
    {
        string unified = CgroupPaths.FindMount() ?? throw new OperatorException(ExitCode.Unavailable, "no unified cgroup hierarchy (cgroup2) is mounted");
        // Without a controller there are no files of it: in the root there is none either way, so its list of controllers tells.
        if (File.ReadAllText(Path.Combine(unified, "cgroup.controllers")).Split([' ', '\n']).Contains("memory"))
            return new MemoryHierarchy(unified, unified);
        return CgroupPaths.FindMount("cgroup", "memory") is { } root
            ? new MemoryHierarchy(root, unified)
            : throw new OperatorException(
                ExitCode.Unavailable,
                $"no mounted cgroup hierarchy has the memory controller; {unified}/cgroup.controllers lacks it where the kernel is built without CONFIG_MEMCG or started with cgroup_disable=memory");
    }
}
