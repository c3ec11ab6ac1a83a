using System.Diagnostics;
using OppTel.Bpf;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The cgroup network sampler beside the kernel's account of the namespaces in which the cgroups' processes run.</summary>
public sealed class CgroupNetworkTests : IDisposable
{
    private const string ListeningPort = ":1451 "; // iperf3's 5201
    private readonly KernelFixture kernel = new();
    private readonly RunningSampler sampler;
    private readonly TestCgroup sending = new();
    private readonly TestCgroup receiving = new();

    public CgroupNetworkTests()
    {
        foreach (uint block in KernelFixture.Plan.BlocksOf(EntityKind.Cgroup).Take(100))
            Assert.True(kernel.Object.Map("opptel_free_cgroup").TryPush(block));
        sampler = kernel.LoadSampler("cgroup_network");
        sampler.Attach(KernelFixture.Plan);
    }

    public void Dispose()
    {
        sampler.Dispose();
        kernel.Dispose();
        sending.Dispose();
        receiving.Dispose();
    }

    [Theory]
    [InlineData("10.77.0.2", "-n 32M")]
    [InlineData("10.77.0.2", "-n 32M -R")]
    [InlineData("fd77::2", "-n 4M -u -b 200M -l 1000")]
    public void BytesAgreeWithTheNamespaces(string address, string options)
    {
        using NetworkNamespace host = new(), network = new();
        NetworkNamespace.Connect(host, network);
        using Workload server = network.Get(() => Workload.Start("sh", "-c", $"echo $$ > {receiving.Path}/cgroup.procs; exec iperf3 -s -1 >/dev/null"));
        Wait.Until(() => network.Get(() => File.ReadAllText("/proc/thread-self/net/tcp6")).Contains(ListeningPort, StringComparison.Ordinal), "iperf3 listens");
        (long hostSent, long hostReceived) = Octets(host);
        (long networkSent, long networkReceived) = Octets(network);
        host.Command("sh", $"-c \"echo $$ > {sending.Path}/cgroup.procs; exec iperf3 -c {address} {options}\"");
        (long Sent, long Received) client = Octets(host), other = Octets(network);
        AssertNear((client.Sent - hostSent, client.Received - hostReceived), Counted(sending));
        AssertNear((other.Sent - networkSent, other.Received - networkReceived), Counted(receiving));
    }

    /// <summary>Ours says nothing about a packet: who refuses it is obeyed, and still there when ours is gone.</summary>
    [Fact]
    public void ProgramsOfOthersKeepTheirVerdicts()
    {
        using BpfObject probes = KernelFixture.LoadProbes();
        Assert.True(CanSend());
        using (BpfLink foreign = probes.Program("probe_refuse").AttachToCgroup(sending.Path))
        {
            Assert.False(CanSend());
            sampler.Dispose();
            Assert.False(CanSend());
            using RunningSampler again = kernel.LoadSampler("cgroup_network");
            again.Attach(KernelFixture.Plan);
            Assert.False(CanSend());
            Assert.True(Counted(sending).Sent > 0);
        }

        Assert.True(CanSend());
    }

    /// <summary>The kernel itself says a little to its neighbours, and is no process of the cgroup.</summary>
    private static void AssertNear((long Sent, long Received) expected, (long Sent, long Received) actual)
    {
        const int neighbours = 1000;
        Assert.True(expected.Sent + expected.Received > 4_000_000, $"the namespace says {expected}");
        Assert.InRange(actual.Sent, (expected.Sent * 0.98) - neighbours, expected.Sent * 1.02);
        Assert.InRange(actual.Received, (expected.Received * 0.98) - neighbours, expected.Received * 1.02);
    }

    /// <summary>IP bytes of both versions that a namespace sent and received.</summary>
    private static (long Sent, long Received) Octets(NetworkNamespace side) => (
        side.Account("IpExt", "OutOctets") + side.Account("Ip6", "OutOctets"), side.Account("IpExt", "InOctets") + side.Account("Ip6", "InOctets"));

    private (long Sent, long Received) Counted(TestCgroup cgroup)
    {
        Assert.True(kernel.Object.Map("opptel_entities").TryGet(new EntityKey(cgroup.Id, (ulong)EntityKind.Cgroup), out EntityBlock block));
        int first = (int)(block.FirstSlot + KernelFixture.Plan.Variables["opptel_cgroup_network_part"]);
        return ((long)Volatile.Read(ref kernel.Slots[first].Value), (long)Volatile.Read(ref kernel.Slots[first + 1].Value));
    }

    /// <summary>Whether a process of the cgroup can send a datagram.</summary>
    private bool CanSend()
    {
        using Process process = Process.Start("sh", ["-c", $"echo $$ > {sending.Path}/cgroup.procs; exec perl -MIO::Socket -e 'IO::Socket::INET->new(Proto=>q(udp),PeerAddr=>q(127.0.0.1:9))->send(1) or exit 7'"]);
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 7);
        return process.ExitCode == 0;
    }
}
