using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Traffic;

/// <summary>A real host and real programs around a switch in software: cores see carriers, clients notice nothing.</summary>
public sealed class SteeringTests : IDisposable
{
    private const long Bytes = 400_000;
    private readonly Testbed testbed = new("af_packet");

    public void Dispose() => testbed.Dispose();

    [Fact]
    public void CarriersTakeTheWayThroughTheCoresAndTheirMarkNeverLeaves()
    {
        string mac = testbed.Run("host", "ip", "-o", "link", "show", "eth0").Output.Split("link/ether ")[1][..17];
        Change("dataplane.yaml", "interface: dpu1 }", $"interface: dpu1 }}\n    steering: {{ host_mac: \"{mac}\" }}");
        File.AppendAllText(testbed["host.yaml"], "trailer: { min_gap: 5ms }\n");
        RunningProgram dataplane = StartDataplane();
        testbed.StartAggregator();
        testbed.StartHost();
        testbed.WaitFor("records at the aggregator", () => testbed.DpuMetrics().Sum("opptel_records_total") > 0);

        using (PacketTap tap = new(testbed.Network, "eth0"))
        {
            using TcpConversation conversation = new(testbed);
            testbed.WaitFor($"{Bytes} bytes", () => conversation.Returned > Bytes || conversation.Failure is not null);
            Assert.Null(conversation.Failure);
            string own = mac.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
            TappedFrame[] arrived = [.. tap.Frames.Where(frame => !frame.Outgoing)];
            Assert.True(arrived.Length > Bytes / 1500, $"{arrived.Length} frames");
            Assert.All(arrived, frame => Assert.Equal((own, 0, false), (Convert.ToHexString(frame.Bytes, 6, 6), frame.TrailerLength, frame.IsControl)));
        }

        Exposition host = testbed.HostMetrics(), dpu = testbed.DpuMetrics();
        double received = dpu.Sum("opptel_dataplane_packets_total", ("port", "dpu0"), ("direction", "receive"));
        double carriers = dpu.Sum("opptel_dataplane_carriers_total"), control = dpu.Sum("opptel_dataplane_control_frames_total", ("fate", "handed_over"));
        Assert.InRange(received, carriers, carriers + control);
        Assert.True(received < host.Sum("opptel_host_packets_total") / 2, $"{received} packets on the cores, {host.Sum("opptel_host_packets_total")} from the host");
        Assert.Equal(0, dpu.Sum("opptel_dataplane_packets_total", ("port", "dpu1"), ("direction", "receive")));
        Assert.Equal(0, dpu.Sum("opptel_stream_trailers_lost_total"));
        dataplane.Terminate();
        Assert.Contains("switch: 0 rules left", dataplane.Log, StringComparison.Ordinal);
    }

    private RunningProgram StartDataplane()
    {
        string library = testbed["switch.so"], source = Path.Combine(AppContext.BaseDirectory, "SoftSwitch.c");
        Command.Run("sh", "-c", $"cc -O2 -shared -fPIC -o '{library}' '{source}' $(pkg-config --cflags --libs libdpdk)").Expect();
        return testbed.Start("dpu", "env", $"LD_PRELOAD={library}", Repository.Program("opptel-dataplane"), "run", "--config", testbed["dataplane.yaml"]);
    }

    private void Change(string file, string good, string bad) =>
        File.WriteAllText(testbed[file], File.ReadAllText(testbed[file]).Replace(good, bad, StringComparison.Ordinal));
}
