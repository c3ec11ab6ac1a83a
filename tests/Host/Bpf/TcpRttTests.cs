using System.Net;
using System.Net.Sockets;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The round-trip sampler beside what the connections themselves say of their round trips, as ss -ti shows it.</summary>
[Collection(Alone.Name)]
public sealed class TcpRttTests : IDisposable
{
    private const int Connections = 32, Rounds = 15;
    // Offsets within struct tcp_info (UAPI).
    private const int Unacknowledged = 24, SmoothedRtt = 68, InfoSize = 104;
    private const int ProtocolTcp = 6, TcpInfo = 11, QuickAck = 12;
    private readonly KernelFixture kernel = new();
    private readonly LogLinear shape = KernelFixture.HistogramAt("opptel_tcp_rtt_slot");
    private readonly RunningSampler rtt;
    private readonly NetworkNamespace host = new();
    private readonly NetworkNamespace network = new();
    private readonly List<Socket> sockets = [];

    public TcpRttTests()
    {
        NetworkNamespace.Connect(host, network);
        rtt = kernel.LoadSampler("tcp_rtt");
    }

    public void Dispose()
    {
        sockets.ForEach(socket => socket.Dispose());
        rtt.Dispose();
        kernel.Dispose();
        host.Dispose();
        network.Dispose();
    }

    /// <summary>
    /// Others on this machine have round trips too, though shorter ones, and a machine that stands still makes its connections
    /// send again: one of a few loads has to meet neither.
    /// </summary>
    [Fact]
    public void QuantilesAgreeWithTcpInfo()
    {
        (List<Socket> clients, List<Socket> servers) = Connect();
        rtt.Attach(KernelFixture.Plan);
        for (int attempt = 1; ; attempt++)
        {
            int[] before = Counts(), expected = Exchange(clients, servers), counted = [.. Counts().Zip(before, (now, then) => now - then)];
            int others = BucketOf(0.01);
            if (Agree(expected[others..], counted[others..]))
                return;
            Assert.True(attempt < 5, $"expected {string.Join(' ', expected)}, counted {string.Join(' ', counted)}");
        }
    }

    /// <summary>
    /// Receivers acknowledge late, so that round trips grow from what the wire takes to 40 ms. Returns, by bucket, what each
    /// connection said of itself just before it got an acknowledgement.
    /// </summary>
    private int[] Exchange(List<Socket> clients, List<Socket> servers)
    {
        int[] expected = new int[shape.Buckets];
        for (int round = 0; round < Rounds; round++)
        {
            servers.ForEach(server => server.SetRawSocketOption(ProtocolTcp, QuickAck, BitConverter.GetBytes(0)));
            clients.ForEach(client => expected[BucketOf(Info(client, SmoothedRtt) / 1e6)]++);
            clients.ForEach(client => client.Send([1]));
            Wait.Until(() => clients.TrueForAll(client => Info(client, Unacknowledged) == 0), "everything is acknowledged");
        }

        return expected;
    }

    /// <summary>Whether totals are within 2 %, and every quantile is at most one bucket from where it is expected.</summary>
    private static bool Agree(int[] expected, int[] counted)
    {
        double slack = expected.Sum() * 0.02;
        Assert.True(expected.Sum() > Connections * Rounds / 2, $"only {expected.Sum()} round trips were delayed");
        return Math.Abs(expected.Sum() - counted.Sum()) <= slack
            && Enumerable.Range(1, expected.Length - 1).All(bucket =>
                expected[..bucket].Sum() >= counted[..(bucket - 1)].Sum() - slack && expected[..bucket].Sum() <= counted[..(bucket + 1)].Sum() + slack);
    }

    private int[] Counts() =>
        [.. Enumerable.Range((int)KernelFixture.Plan.Variables["opptel_tcp_rtt_slot"], shape.Buckets).Select(slot => (int)Volatile.Read(ref kernel.Slots[slot].Value))];

    private (List<Socket> Clients, List<Socket> Servers) Connect()
    {
        using Socket listener = network.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.2"), 7000));
        listener.Listen(Connections);
        List<Socket> clients = [], servers = [];
        for (int number = 0; number < Connections; number++)
        {
            Socket client = host.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            sockets.Add(client);
            client.Connect(IPAddress.Parse("10.77.0.2"), 7000);
            clients.Add(client);
            servers.Add(listener.Accept());
        }

        sockets.AddRange(servers);
        return (clients, servers);
    }

    private int BucketOf(double seconds) => Enumerable.Range(0, shape.Buckets).First(bucket => seconds < shape.UpperBound(bucket));

    private static uint Info(Socket socket, int offset)
    {
        Span<byte> info = stackalloc byte[InfoSize];
        Assert.Equal(InfoSize, socket.GetRawSocketOption(ProtocolTcp, TcpInfo, info));
        return BitConverter.ToUInt32(info[offset..]);
    }
}
