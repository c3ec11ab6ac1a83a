using System.Text.RegularExpressions;

namespace OppTel.Host.Catalog;

/// <summary>
/// Whose a cgroup is, as its path tells: container runtimes, the kubelet and systemd each name their cgroups by a
/// pattern, with the cgroupfs driver as with the systemd driver.
/// </summary>
/// <param name="Runtime">docker, containerd, cri-o or podman; null when the path does not say.</param>
/// <param name="ContainerId">64 hexadecimal digits of the innermost container; null outside of containers.</param>
/// <param name="PodUid">The Kubernetes pod's uid with dashes, or a static pod's hash; null outside of pods.</param>
/// <param name="Unit">The innermost systemd service or scope that is no container; null without one.</param>
public sealed partial record CgroupIdentity(string? Runtime, string? ContainerId, string? PodUid, string? Unit)
{
    /// <summary>Reads a path below the root of the cgroup hierarchy.</summary>
    public static CgroupIdentity Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        CgroupIdentity identity = new(null, null, null, null);
        string parent = "";
        // A colon joins slice, runtime and container where containerd is told of systemd but does not use it.
        foreach (string segment in path.Replace(".slice:", ".slice/", StringComparison.Ordinal).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            identity = identity.Below(parent, segment);
            parent = segment;
        }

        return identity;
    }

    private CgroupIdentity Below(string parent, string segment)
    {
        if (Container().Match(segment) is { Success: true } container)
        {
            string owner = container.Groups["owner"] is { Success: true, Value: string named } ? named : parent;
            return this with { Runtime = RuntimeOf(owner), ContainerId = container.Groups["id"].Value, Unit = null };
        }

        // A pod lies in no container but that of its node, if the node is one.
        if (Pod().Match(segment) is { Success: true } pod)
            return new CgroupIdentity(null, null, pod.Groups["uid"].Value.Replace('_', '-'), null);
        return SystemdUnit().IsMatch(segment) ? this with { Unit = segment } : this;
    }

    private static string? RuntimeOf(string owner) => owner switch
    {
        "docker" => "docker",
        "cri-containerd" or "containerd" or "nerdctl" => "containerd",
        "crio" => "cri-o",
        "libpod" or "libpod_parent" => "podman",
        _ => null,
    };

    [GeneratedRegex(@"^(?:(?<owner>docker|cri-containerd|containerd|nerdctl|crio|libpod)[-:])?(?<id>[0-9a-f]{64})(?:\.scope)?$")]
    private static partial Regex Container();

    [GeneratedRegex(@"(?:^|-)pod(?<uid>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$")]
    private static partial Regex Pod();

    [GeneratedRegex(@"\.(?:service|scope)$")]
    private static partial Regex SystemdUnit();
}
