using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Catalog;
using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>Bytes by cgroup. Source: bpf/samplers/cgroup_network.bpf.c.</summary>
internal static class CgroupNetworkSampler
{
    private const string Direction = "network_io_direction";
    private const string Bytes = "Bytes of IP packets that sockets of the processes of a cgroup, without its children, sent and received.";

    public static Sampler Definition { get; } = new(
        "cgroup_network",
        ["opptel_cgroup_sent", "opptel_cgroup_received"],
        [
            new EntityPart(EntityKind.Cgroup, "opptel_cgroup_network_part",
            [
                Counter("opptel_cgroup_network_io_bytes_total", Bytes, 1, (Direction, "transmit")),
                Counter("opptel_cgroup_network_io_bytes_total", Bytes, 1, (Direction, "receive")),
            ]),
        ],
        [])
    {
        Attach = program => [program.AttachToCgroup(Root)],
    };

    private static string Root =>
        CgroupPaths.FindMount() ?? throw new OperatorException(ExitCode.Unavailable, "no unified cgroup hierarchy (cgroup2) is mounted");
}
