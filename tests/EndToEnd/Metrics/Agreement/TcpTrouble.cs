using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>TCP connections over IPv6 that are opened, refused and aborted, that lose segments, and that find a full listener.</summary>
internal static class TcpTrouble
{
    private const int Accepted = 1200, Refused = 600, Lossy = 40, Crowding = 60, Port = 7000, ClosedPort = 7001, CrowdedPort = 7002;
    private const int Length = 20_000;

    /// <summary>Does all of it.</summary>
    public static void Run(Scene scene)
    {
        Testbed testbed = scene.Testbed;
        using Socket listener = Listen(testbed.Host, Testbed.HostAddress6, Port, Accepted);
        for (int number = 0; number < Accepted; number++)
        {
            using Socket client = Connect(testbed.Network, Testbed.HostAddress6, Port), server = listener.Accept();
            if (number % 3 == 0)
                Abort(client, server);
        }

        for (int number = 0; number < Refused; number++)
            Assert.Equal(SocketError.ConnectionRefused, Assert.ThrowsAny<SocketException>(() => Connect(testbed.Network, Testbed.HostAddress6, ClosedPort)).SocketErrorCode);
        LoseSegments(testbed);
        scene.GivenUp += Crowd(testbed);
    }

    /// <summary>The host's frames go to nobody for a while.</summary>
    private static void LoseSegments(Testbed testbed)
    {
        using Socket listener = Listen(testbed.Network, Testbed.NetworkAddress6, Port, Lossy);
        List<Socket> clients = [.. Enumerable.Range(0, Lossy).Select(_ => Connect(testbed.Host, Testbed.NetworkAddress6, Port))];
        List<Socket> servers = [.. clients.Select(_ => listener.Accept())];
        string[] neighbour = ["ip", "neighbour", "replace", Testbed.NetworkAddress6, "dev", "eth0", "nud", "permanent", "lladdr"];
        testbed.Run("host", [.. neighbour, "02:00:00:00:00:99"]).Expect();
        clients.ForEach(client => client.Send(new byte[Length]));
        Thread.Sleep(700);
        string address = testbed.Run("network", "cat", "/sys/class/net/eth0/address").Expect().Trim();
        testbed.Run("host", [.. neighbour, address]).Expect();
        byte[] buffer = new byte[Length];
        foreach (Socket server in servers)
        {
            server.ReceiveTimeout = 20_000;
            for (int received = 0; received < Length;)
                received += server.Receive(buffer);
        }

        testbed.Run("host", "ip", "neighbour", "delete", Testbed.NetworkAddress6, "dev", "eth0").Expect();
        clients.ForEach(client => client.Dispose());
        servers.ForEach(server => server.Dispose());
    }

    /// <summary>Nobody accepts. Returns how many connections were given up before there were any.</summary>
    private static int Crowd(Testbed testbed)
    {
        using Socket listener = Listen(testbed.Host, Testbed.HostAddress6, CrowdedPort, 1);
        List<Socket> clients = [.. Enumerable.Range(0, Crowding).Select(_ => testbed.Network.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false }))];
        foreach (Socket client in clients)
            Assert.Equal(SocketError.WouldBlock, Assert.ThrowsAny<SocketException>(() => client.Connect(IPAddress.Parse(Testbed.HostAddress6), CrowdedPort)).SocketErrorCode);
        Thread.Sleep(1200);
        int waiting = testbed.Run("network", "ss", "-Htn", "state", "syn-sent", $"dport = {CrowdedPort}").Expect().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        clients.ForEach(client => client.Dispose());
        return waiting;
    }

    private static Socket Listen(NetworkNamespace where, string address, int port, int backlog)
    {
        Socket listener = where.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        listener.Listen(backlog);
        return listener;
    }

    private static Socket Connect(NetworkNamespace where, string address, int port)
    {
        Socket client = where.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        try
        {
            client.Connect(IPAddress.Parse(address), port);
            return client;
        }
        catch (SocketException)
        {
            client.Dispose();
            throw;
        }
    }

    private static void Abort(Socket client, Socket server)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
        Assert.ThrowsAny<SocketException>(() => server.Receive(new byte[1]));
    }
}
