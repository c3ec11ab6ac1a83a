using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>Round-trip times of TCP connections of all network namespaces. Source: bpf/samplers/tcp_rtt.bpf.c.</summary>
internal static class TcpRttSampler
{
    public static Sampler Definition { get; } = new(
        "tcp_rtt",
        ["opptel_tcp_rtt"],
        [],
        [
            new SlotBlock("opptel_tcp_rtt_slot",
            [
                Histogram("opptel_tcp_smoothed_rtt_seconds", "Smoothed round-trip time of a TCP connection, once for each segment that it received while established."),
            ]),
        ]);
}
