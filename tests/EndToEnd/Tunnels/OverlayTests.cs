using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Traffic;
using OppTel.Wire;
using OppTel.Wire.Tunnels;

namespace OppTel.EndToEnd.Tests.Tunnels;

/// <summary>
/// Overlays between host and network by the kernel's VXLAN, over IPv4, with an MTU that makes the kernel fragment long packets, and IPv6: what the
/// network's end decapsulates is what was sent, the trailers reach the DPU, and not one passes it.
/// </summary>
public sealed class OverlayTests
{
    private const int Mtu6 = 1500 - 70;

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public async Task TrailersInTunnelsAreTakenAndNothingElse(string driver)
    {
        using Testbed testbed = new(driver);
        Join(testbed, "vxlan4", 41, 4789, Testbed.HostAddress, Testbed.NetworkAddress, "udpcsum", "10.91.0");
        Join(testbed, "vxlan6", 61, 8472, Testbed.HostAddress6, Testbed.NetworkAddress6, "noudp6zerocsumtx noudp6zerocsumrx", "10.92.0");
        // Over IPv6 Linux does not fragment a tunnel's packets but drops them.
        foreach (string role in (string[])["host", "network"])
        {
            testbed.Run(role, "ip", "link", "set", "vxlan6", "mtu", $"{Mtu6}").Expect();
        }

        File.AppendAllText(testbed["host.yaml"], "tunnels: [vxlan4, vxlan6]\n");
        // A machine that is busy with other things may let fragments wait.
        File.AppendAllText(testbed["dataplane.yaml"], "tunnels: { fragment_timeout: 1s }\n");
        testbed.StartAll();
        using PacketTap network = new(testbed.Network, "eth0");
        foreach ((string stem, int mtu) in new[] { ("10.91.0", 1500), ("10.92.0", Mtu6) })
        {
            EchoEveryLength(testbed, IPAddress.Parse($"{stem}.2"), mtu - 28);
            EchoEveryLength(testbed, IPAddress.Parse($"fd91::{stem[4]}:2"), mtu - 48);
            await EchoStream(testbed, IPAddress.Parse($"{stem}.2"));
        }

        testbed.WaitFor("trailers in tunnels", () => Taken(testbed) > 500);
        AssertDpu(testbed);
        StackCounters.Read(testbed.Host).AssertClean("host");
        StackCounters.Read(testbed.Network).AssertClean("network");
        Assert.Equal(0, network.Count(frame => !frame.Outgoing && Trailer.Inspect(frame.Bytes, TunnelPorts.Default, out _, out _) == StripReason.Stripped));
    }

    private static double Taken(Testbed testbed) => testbed.DpuMetrics().Sum("opptel_dataplane_tunnel_carriers_total");

    private static void AssertDpu(Testbed testbed)
    {
        Exposition metrics = testbed.DpuMetrics();
        foreach (string fate in (string[])["gap", "overlap", "tiny", "too_many", "evicted"])
            Assert.Equal((fate, 0), (fate, metrics.Sum("opptel_dataplane_tunnel_datagrams_total", ("fate", fate))));
        Assert.Equal(0, metrics.Sum("opptel_dataplane_rejected_total"));
        Exposition host = testbed.HostMetrics();
        Assert.Equal(1, host.Sum("opptel_host_attached", ("interface", "vxlan4"), ("mode", "tcx")) + host.Sum("opptel_host_attached", ("interface", "vxlan4"), ("mode", "clsact")));
    }

    /// <summary>One tunnel with its device on both sides.</summary>
    private static void Join(Testbed testbed, string name, int network, int port, string host, string other, string checksums, string stem)
    {
        foreach ((string role, string local, string remote, int number) in new[] { ("host", host, other, 1), ("network", other, host, 2) })
        {
            testbed.Run(role, ["ip", "link", "add", name, "type", "vxlan", "id", $"{network}", "local", local, "remote", remote, "dstport", $"{port}", .. checksums.Split(' ')]).Expect();
            testbed.Run(role, "ethtool", "-K", name, "tso", "off", "gso", "off").Expect();
            testbed.Run(role, "ip", "address", "add", $"{stem}.{number}/24", "dev", name).Expect();
            testbed.Run(role, "ip", "link", "set", name, "mtu", "1500", "up").Expect();
            testbed.Run(role, "ip", "address", "add", $"fd91::{stem[4]}:{number}/112", "dev", name, "nodad").Expect();
        }
    }

    private static void EchoEveryLength(Testbed testbed, IPAddress address, int longest)
    {
        using Echo echo = new(testbed.Network, address);
        using Socket socket = testbed.Host.Udp(address.AddressFamily);
        socket.Connect(echo.Address);
        socket.ReceiveTimeout = (int)Poll.Patience.TotalMilliseconds;
        byte[] sent = new byte[longest], received = new byte[longest + 1];
        for (int length = 0; length <= longest; length++)
        {
            Random.Shared.NextBytes(sent);
            Assert.Equal(length, socket.Send(sent.AsSpan(0, length)));
            Assert.Equal(length, socket.Receive(received));
            Assert.True(sent.AsSpan(0, length).SequenceEqual(received.AsSpan(0, length)), $"{length} bytes to {address} changed");
        }
    }

    /// <summary>A stream there and back in pieces of every length.</summary>
    private static async Task EchoStream(Testbed testbed, IPAddress address)
    {
        using Socket listener = testbed.Network.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        using Socket client = testbed.Host.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Poll.Patience.TotalMilliseconds });
        await client.ConnectAsync(listener.LocalEndPoint!);
        using Socket server = await listener.AcceptAsync();
        byte[] content = new byte[2_000_003], back = new byte[content.Length];
        Random.Shared.NextBytes(content);
        Task echo = Task.Run(() => Pump(server, content.Length));
        Task sending = Task.Run(() =>
        {
            for (int sent = 0, piece = 1; sent < content.Length; piece = (piece % 1400) + 1)
                sent += client.Send(content.AsSpan(sent, Math.Min(piece, content.Length - sent)));
        });
        for (int received = 0; received < back.Length;)
        {
            int count = client.Receive(back.AsSpan(received));
            Assert.True(count > 0, $"the connection ended after {received} bytes");
            received += count;
        }

        await Task.WhenAll(echo, sending);
        Assert.True(content.AsSpan().SequenceEqual(back), $"a stream to {address} changed");
    }

    private static void Pump(Socket server, int bytes)
    {
        byte[] buffer = new byte[1 << 16];
        for (int passed = 0; passed < bytes;)
        {
            int length = server.Receive(buffer);
            Assert.True(length > 0);
            for (int sent = 0; sent < length;)
                sent += server.Send(buffer.AsSpan(sent, length - sent));
            passed += length;
        }
    }
}
