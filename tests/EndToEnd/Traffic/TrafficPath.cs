using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Traffic;

/// <summary>A testbed whose host stamps, with servers on both sides.</summary>
public abstract class TrafficPath : IDisposable
{
    internal const int DownloadBytes = 100_000_000;

    private protected TrafficPath(Testbed testbed, Action startStamping)
    {
        Testbed = testbed;
        startStamping();
        byte[] content = new byte[DownloadBytes];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(testbed[Path.Combine("www", "download")], content);
        _ = testbed.Start("host", "nginx", "-c", testbed["nginx.conf"], "-p", testbed[""]);
        _ = testbed.Start("host", "iperf3", "--server");
        testbed.WaitFor("nginx", () => testbed.Run("network", "curl", "-sf", $"http://{Testbed.HostAddress}/").Code == 0);
        testbed.WaitFor("iperf3", () => testbed.Run("host", "ss", "-Hltn", "sport = 5201").Output.Length > 0);
    }

    internal Testbed Testbed { get; }

    /// <summary>Packets that left the host with a trailer.</summary>
    internal double Stamped => Testbed.HostMetrics().Sum("opptel_host_packets_total", ("reason", "stamped"));

    /// <summary>All packets that left the host.</summary>
    internal double Packets => Testbed.HostMetrics().Sum("opptel_host_packets_total");

    public virtual void Dispose()
    {
        Testbed.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Through the dataplane on packet sockets.</summary>
public sealed class AfPacketPath() : DataplanePath("af_packet");

/// <summary>Through the dataplane on AF_XDP sockets.</summary>
public sealed class AfXdpPath() : DataplanePath("af_xdp");

/// <summary>Through the dataplane.</summary>
public abstract class DataplanePath : TrafficPath
{
    private protected DataplanePath(string driver)
        : this(new Testbed(driver))
    {
    }

    private DataplanePath(Testbed testbed)
        : base(testbed, () => testbed.StartAll())
    {
    }
}

/// <summary>Through a plain bridge: every receiver sees trailers.</summary>
public sealed class BridgePath : TrafficPath
{
    private readonly TestBeacon beacon;

    public BridgePath()
        : this(new Testbed(bridge: true))
    {
    }

    private BridgePath(Testbed testbed)
        : base(testbed, () => testbed.StartHost())
    {
        beacon = new TestBeacon(testbed);
        testbed.WaitFor("trailers", () => Stamped > 0);
    }

    public override void Dispose()
    {
        beacon.Dispose();
        base.Dispose();
    }
}
