using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>TCP connections of all network namespaces. Source: bpf/samplers/tcp.bpf.c; slots in the order of <c>enum opptel_tcp_slot</c>.</summary>
internal static class TcpSampler
{
    private const string Direction = "network_io_direction";
    private const string Resets = "TCP resets.";

    public static Sampler Definition { get; } = new(
        "tcp",
        ["opptel_tcp_state", "opptel_tcp_retransmit", "opptel_tcp_synack", "opptel_tcp_reset_out", "opptel_tcp_reset_in"],
        [],
        [
            new SlotBlock("opptel_tcp_slot",
            [
                Counter("opptel_tcp_connections_opened_total", "TCP connections that this machine began to open."),
                Counter("opptel_tcp_connections_accepted_total", "TCP connections that others opened to this machine."),
                Counter("opptel_tcp_connections_failed_total", "TCP connections that ended before they were established, given up by either end or by the application."),
                Counter("opptel_tcp_connections_broken_total", "Established TCP connections that ended without a farewell: reset, aborted or timed out."),
                Counter("opptel_tcp_retransmitted_segments_total", "TCP segments that were sent again."),
                Counter("opptel_tcp_resets_total", Resets, 1, (Direction, "transmit")),
                Counter("opptel_tcp_resets_total", Resets, 1, (Direction, "receive")),
            ]),
        ]);
}
