using System.Globalization;
using System.Text;
using OppTel.Bpf;

namespace OppTel.Host.Catalog;

/// <summary>Makes the metric labels of entities, named as OpenTelemetry names them.</summary>
/// <param name="cgroups">Finds cgroup paths.</param>
/// <param name="kubelet">Finds names of pods.</param>
public sealed class EntityLabels(CgroupPaths cgroups, KubeletLogs kubelet)
{
    /// <summary>Bytes of a label value (WIRE.md, section 8).</summary>
    public const int LongestValue = 512;

    /// <summary>Value of labels of what found no slots of its own.</summary>
    public const string Other = "other";

    private const string Cut = "...";

    /// <summary>Labels of a process in a cgroup.</summary>
    public IReadOnlyDictionary<string, string> ForProcess(ulong pid, ulong cgroup, string command) =>
        ForProcess(pid.ToString(CultureInfo.InvariantCulture), PathOf(cgroup), command);

    /// <summary>Labels of a process that no event told of, from /proc; empty ones when it ended before it could be asked.</summary>
    public static IReadOnlyDictionary<string, string> ForProcess(ulong pid)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/");
        try
        {
            string path = File.ReadLines(folder + "cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal)) ?? "0::";
            return ForProcess(pid.ToString(CultureInfo.InvariantCulture), path[3..], File.ReadAllText(folder + "comm").TrimEnd('\n'));
        }
        // It is gone, or /proc hides it from us (hidepid).
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ForProcess(pid.ToString(CultureInfo.InvariantCulture), "", "");
        }
    }

    /// <summary>Whether labels of a process that no event told of say what it is called.</summary>
    public static bool IsNamed(IReadOnlyDictionary<string, string> labels) => labels["process_executable_name"].Length > 0;

    /// <summary>Labels of a cgroup: its path, and whose it is.</summary>
    public IReadOnlyDictionary<string, string> ForCgroup(ulong id)
    {
        string path = PathOf(id);
        CgroupIdentity identity = CgroupIdentity.Parse(path);
        (string Namespace, string Name)? pod = identity.PodUid is { } uid ? kubelet.FindPod(uid) : null;
        (string Name, string? Value)[] labels =
        [
            ("cgroup", path),
            ("container_id", identity.ContainerId),
            ("container_runtime_name", identity.Runtime),
            ("k8s_container_name", identity is { PodUid: not null, ContainerId: { } container } ? kubelet.FindContainer(container) : null),
            ("k8s_namespace_name", pod?.Namespace),
            ("k8s_pod_name", pod?.Name),
            ("k8s_pod_uid", identity.PodUid),
            ("systemd_unit", identity.Unit),
        ];
        return Sorted(labels.Where(label => label.Value is not null));
    }

    /// <summary>Labels of the block that takes what found none of its own.</summary>
    public static IReadOnlyDictionary<string, string> ForOther(EntityKind kind) => kind switch
    {
        EntityKind.Cgroup => Sorted([("cgroup", Other)]),
        EntityKind.Disk => ForDisk(Other),
        EntityKind.Interface => ForInterface(Other),
        _ => ForProcess(Other, Other, Other),
    };

    /// <summary>Labels of a network interface.</summary>
    public static IReadOnlyDictionary<string, string> ForInterface(string name) => Sorted([("network_interface_name", name)]);

    /// <summary>Labels of a disk, by its device number.</summary>
    public static IReadOnlyDictionary<string, string> ForDisk(ulong id) => ForDisk(Disks.Names().GetValueOrDefault(id) ?? Disks.NumberOf(id));

    private static SortedDictionary<string, string> ForDisk(string name) => Sorted([("system_device", name)]);

    private static SortedDictionary<string, string> ForProcess(string pid, string cgroup, string command) =>
        Sorted([("cgroup", cgroup), ("process_executable_name", command), ("process_pid", pid)]);

    private static SortedDictionary<string, string> Sorted(IEnumerable<(string Name, string? Value)> labels) =>
        new(labels.ToDictionary(label => label.Name, label => Bounded(label.Value!)), StringComparer.Ordinal);

    /// <summary>
    /// A value as the catalog takes it: of a longer one the end, which says most of a path. Whoever may nest cgroups chooses how long
    /// a path is, and one block that fits no frame, or that the DPU refuses, would keep all others from being agreed on.
    /// </summary>
    internal static string Bounded(string value, int longest = LongestValue)
    {
        if (Encoding.UTF8.GetByteCount(value) <= longest)
            return value;
        int start = value.Length;
        for (int room = longest - Encoding.UTF8.GetByteCount(Cut); start > 0; start--)
        {
            room -= Encoding.UTF8.GetByteCount(value.AsSpan(start - 1, 1));
            if (room < 0)
                break;
        }

        return Cut + (char.IsLowSurrogate(value[start]) ? value[(start + 1)..] : value[start..]);
    }

    private string PathOf(ulong cgroup) => cgroups.Find(cgroup) ?? $"id:{cgroup}";
}
