using OppTel.Host.Catalog;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Paths as each runtime and both cgroup drivers make them.</summary>
public sealed class CgroupIdentityTests
{
    private const string Id = "3f4d5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7081";
    private const string Node = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string Uid = "6f1c2d3e-4a5b-6c7d-8e9f-0a1b2c3d4e5f";
    private const string SliceUid = "6f1c2d3e_4a5b_6c7d_8e9f_0a1b2c3d4e5f";
    private const string StaticUid = "0123456789abcdef0123456789abcdef";

    [Theory]
    // Docker: both drivers, and in a Kubernetes of old.
    [InlineData($"/docker/{Id}", "docker", Id, null, null)]
    [InlineData($"/system.slice/docker-{Id}.scope", "docker", Id, null, null)]
    [InlineData($"/kubepods.slice/kubepods-pod{SliceUid}.slice/docker-{Id}.scope", "docker", Id, Uid, null)]
    // containerd: nerdctl, the kubelet with systemd, with cgroupfs, and with a containerd that does not use systemd.
    [InlineData($"/system.slice/nerdctl-{Id}.scope", "containerd", Id, null, null)]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SliceUid}.slice/cri-containerd-{Id}.scope", "containerd", Id, Uid, null)]
    [InlineData($"/kubepods/besteffort/pod{Uid}/{Id}", null, Id, Uid, null)]
    [InlineData($"/system.slice/containerd.service/kubepods-besteffort-pod{SliceUid}.slice:cri-containerd:{Id}", "containerd", Id, Uid, null)]
    // CRI-O; its monitors are no containers.
    [InlineData($"/kubepods.slice/kubepods-pod{SliceUid}.slice/crio-{Id}.scope", "cri-o", Id, Uid, null)]
    [InlineData($"/kubepods.slice/kubepods-pod{SliceUid}.slice/crio-{Id}.scope/container", "cri-o", Id, Uid, null)]
    [InlineData($"/kubepods/burstable/pod{Uid}/crio-{Id}", "cri-o", Id, Uid, null)]
    [InlineData($"/kubepods.slice/kubepods-pod{SliceUid}.slice/crio-conmon-{Id}.scope", null, null, Uid, $"crio-conmon-{Id}.scope")]
    // podman: root, rootless, and without systemd.
    [InlineData($"/machine.slice/libpod-{Id}.scope/container", "podman", Id, null, null)]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{Id}.scope", "podman", Id, null, null)]
    [InlineData($"/libpod_parent/libpod-{Id}", "podman", Id, null, null)]
    // Pods: guaranteed ones have no class, static ones a hash, and nodes may be containers themselves.
    [InlineData($"/kubepods.slice/kubepods-pod{SliceUid}.slice", null, null, Uid, null)]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{StaticUid}.slice/cri-containerd-{Id}.scope", "containerd", Id, StaticUid, null)]
    [InlineData($"/kubepods/pod{StaticUid}", null, null, StaticUid, null)]
    [InlineData(
        $"/system.slice/docker-{Node}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{SliceUid}.slice/cri-containerd-{Id}.scope",
        "containerd", Id, Uid, null)]
    [InlineData($"/docker/{Node}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{SliceUid}.slice", null, null, Uid, null)]
    // systemd: services, sessions, a user's own services, and one inside a container.
    [InlineData("/system.slice/nginx.service", null, null, null, "nginx.service")]
    [InlineData("/system.slice/system-getty.slice/getty@tty1.service", null, null, null, "getty@tty1.service")]
    [InlineData("/user.slice/user-0.slice/session-3.scope", null, null, null, "session-3.scope")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.service", null, null, null, "app-editor.service")]
    [InlineData("/system.slice/postgresql.service/worker", null, null, null, "postgresql.service")]
    [InlineData($"/machine.slice/libpod-{Id}.scope/system.slice/cron.service", "podman", Id, null, "cron.service")]
    // Nobody's, or what only looks like somebody's.
    [InlineData("/", null, null, null, null)]
    [InlineData("/batch/jobs/17", null, null, null, null)]
    [InlineData("/system.slice", null, null, null, null)]
    [InlineData("/docker-shim", null, null, null, null)]
    [InlineData("/podium/podcast", null, null, null, null)]
    [InlineData("/id:4711", null, null, null, null)]
    public void APathTellsWhoseItIs(string path, string? runtime, string? container, string? pod, string? unit) =>
        Assert.Equal(new CgroupIdentity(runtime, container, pod, unit), CgroupIdentity.Parse(path));

    [Fact]
    public void TheKubeletsLogsGiveNames()
    {
        string root = Directory.CreateTempSubdirectory("opptel-kubelet-").FullName;
        KubeletLogs logs = new(root);
        Assert.Null(logs.FindPod(Uid));
        Directory.CreateDirectory(Path.Combine(root, "pods", $"shop_cart-7d9f-x2x_{Uid}"));
        Directory.CreateDirectory(Path.Combine(root, "pods", $"kube-system_etcd-node_{StaticUid}"));
        Directory.CreateDirectory(Path.Combine(root, "containers"));
        File.WriteAllText(Path.Combine(root, "containers", $"cart-7d9f-x2x_shop_web-{Id}.log"), "");
        Assert.Equal(("shop", "cart-7d9f-x2x"), logs.FindPod(Uid));
        Assert.Equal(("kube-system", "etcd-node"), logs.FindPod(StaticUid));
        Assert.Equal("web", logs.FindContainer(Id));
        Assert.Null(logs.FindContainer(Node));
        Assert.Null(logs.FindPod(Uid.Replace('6', '7')));
        Directory.Delete(root, recursive: true);
    }
}
