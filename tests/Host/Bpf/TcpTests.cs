using System.Net;
using System.Net.Sockets;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The TCP sampler beside the kernel's own account of the same connections, in two namespaces of their own.</summary>
[Collection(Alone.Name)]
public sealed class TcpTests : IDisposable
{
    private const int Port = 7000, ClosedPort = 7001;
    private static readonly string[] Sources = ["ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets", "RetransSegs", "OutRsts"];
    private readonly KernelFixture kernel = new();
    private readonly RunningSampler tcp;
    private readonly NetworkNamespace host = new();
    private readonly NetworkNamespace network = new();
    private readonly List<Socket> sockets = [];

    public TcpTests()
    {
        NetworkNamespace.Connect(host, network);
        tcp = kernel.LoadSampler("tcp");
        tcp.Attach(KernelFixture.Plan);
    }

    public void Dispose()
    {
        sockets.ForEach(socket => socket.Dispose());
        tcp.Dispose();
        kernel.Dispose();
        host.Dispose();
        network.Dispose();
    }

    [Fact]
    public void ConnectionsAndResetsAgreeWithSnmp() => AssertAgrees([460, 300, 160, 200, 0, 260], () =>
    {
        foreach (string address in (string[])["10.77.0.2", "fd77::2"])
        {
            using Socket listener = Listen(address);
            for (int number = 0; number < 150; number++)
            {
                using Socket client = Connect(address, Port), server = listener.Accept();
                if (number % 3 == 0)
                    Abort(client, server);
            }

            for (int number = 0; number < 80; number++)
                Assert.Equal(SocketError.ConnectionRefused, Assert.ThrowsAny<SocketException>(() => Connect(address, ClosedPort)).SocketErrorCode);
        }
    });

    /// <summary>Data is lost on the way over one protocol, the answers to new connections over the other.</summary>
    [Fact]
    public void SegmentsSentAgainAgreeWithSnmp() => AssertAgrees([80, 40, 0, 0, 200, 0], () =>
    {
        using Socket listener = Listen("10.77.0.2"), other = Listen("fd77::2");
        List<Socket> clients = [.. Enumerable.Range(0, 40).Select(_ => Keep(Connect("10.77.0.2", Port)))];
        List<Socket> servers = [.. clients.Select(_ => Keep(listener.Accept()))];
        host.Command("ip", "neighbour replace 10.77.0.2 lladdr 02:00:00:00:00:99 dev wire nud permanent");
        network.Command("ip", "neighbour replace fd77::1 lladdr 02:00:00:00:00:99 dev wire nud permanent");
        clients.ForEach(client => client.Send(new byte[20_000]));
        List<Task> connecting = [.. Enumerable.Range(0, 40).Select(_ => ConnectLater("fd77::2"))];
        // The first answer is repeated after a second.
        Thread.Sleep(1300);
        host.Command("ip", "neighbour replace 10.77.0.2 lladdr 02:00:00:00:00:02 dev wire nud permanent");
        network.Command("ip", "neighbour replace fd77::1 lladdr 02:00:00:00:00:01 dev wire nud permanent");
        byte[] buffer = new byte[20_000];
        foreach (Socket server in servers)
        {
            for (int received = 0; received < buffer.Length;)
                received += server.Receive(buffer);
        }

        Assert.True(Task.WaitAll([.. connecting], TimeSpan.FromSeconds(20)));
    });

    /// <summary>
    /// Compares all counters over a load. The hooks see the whole machine: what others do comes on top, so one of a few loads has
    /// to meet nobody.
    /// </summary>
    /// <param name="least">What the load must have caused, by source.</param>
    /// <param name="load">Uses both namespaces.</param>
    private void AssertAgrees(long[] least, Action load)
    {
        for (int attempt = 1; ; attempt++)
        {
            long[] before = Account(), own = Slots();
            load();
            long[] expected = [.. Settled().Zip(before, (now, then) => now - then)], counted = [.. Slots().Zip(own, (now, then) => now - then)];
            string told = $"expected {string.Join(", ", Sources.Zip(expected))}, counted {string.Join(", ", counted)}";
            Assert.All(expected.Zip(least), pair => Assert.True(pair.First >= pair.Second, told));
            Assert.All(expected.Zip(counted), pair => Assert.True(pair.Second >= pair.First * 0.98, told));
            if (expected.Zip(counted).All(pair => pair.Second <= (pair.First * 1.02) + 5))
                return;
            Assert.True(attempt < 5, told);
        }
    }

    /// <summary>The account when timers that still ran have fired.</summary>
    private long[] Settled()
    {
        long[] last = [], now = [];
        Wait.Until(
            () =>
            {
                (last, now) = (now, Account());
                Thread.Sleep(50);
                return last.SequenceEqual(now);
            },
            "the namespaces are quiet");
        return now;
    }

    /// <summary>What the kernel counted in both namespaces; every reset that one sent, the other received.</summary>
    private long[] Account()
    {
        long[] sums = [.. Sources.Select(name => host.Account("Tcp", name) + network.Account("Tcp", name))];
        return [.. sums, sums[^1]];
    }

    private long[] Slots() =>
        [.. Enumerable.Range((int)KernelFixture.Plan.Variables["opptel_tcp_slot"], Sources.Length + 1).Select(slot => (long)Volatile.Read(ref kernel.Slots[slot].Value))];

    private Socket Keep(Socket socket)
    {
        sockets.Add(socket);
        return socket;
    }

    private Socket Listen(string address)
    {
        Socket listener = network.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), Port));
        listener.Listen(200);
        return listener;
    }

    private Socket Connect(string address, int port)
    {
        Socket client = host.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
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

    private async Task ConnectLater(string address) =>
        await Keep(host.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp))).ConnectAsync(IPAddress.Parse(address), Port);

    private static void Abort(Socket client, Socket server)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
        Assert.ThrowsAny<SocketException>(() => server.Receive(new byte[1]));
    }
}
