namespace OppTel.Host.Catalog;

/// <summary>
/// Names of pods and containers on a Kubernetes node, from the names of the log directories that the kubelet keeps for
/// each of them: no API server, no credentials.
/// </summary>
/// <param name="root">Directory with <c>pods/NAMESPACE_POD_UID</c> and <c>containers/POD_NAMESPACE_CONTAINER-ID.log</c>.</param>
public sealed class KubeletLogs(string root = "/var/log")
{
    // What may not be read, or is not there because this is no node, has no name.
    private static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true };

    /// <summary>Namespace and name of a pod; null when the kubelet keeps no logs of it.</summary>
    public (string Namespace, string Name)? FindPod(string uid) =>
        Find("pods", $"*_{uid}")?.Split('_') is [string space, string name, _] ? (space, name) : null;

    /// <summary>Name of a container within its pod; null when the kubelet keeps no log of it.</summary>
    public string? FindContainer(string id) =>
        Find("containers", $"*-{id}.log")?.Split('_') is [_, _, string file] ? file[..^(id.Length + "-.log".Length)] : null;

    private string? Find(string folder, string pattern)
    {
        DirectoryInfo directory = new(Path.Combine(root, folder));
        return directory.Exists ? directory.EnumerateFileSystemInfos(pattern, Readable).FirstOrDefault()?.Name : null;
    }
}
