using System.Net;
using System.Net.Sockets;
using OppTel.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The round-trip sampler beside what the connections themselves say of their round trips, as ss -ti shows it.</summary>
public sealed class TcpRttTests : IDisposable
{
    private const int Connections = 32, Rounds = 15;
    // Offsets within struct tcp_info (UAPI).
    private const int Unacknowledged = 24, SmoothedRtt = 68, InfoSize = 104;
    private const int ProtocolTcp = 6, TcpInfo = 11, QuickAck = 12;
    private readonly KernelFixture kernel = new();
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
    /// Receivers acknowledge late, so that round trips grow from what the wire takes to 40 ms. Each acknowledgement finds its
    /// connection as the test has seen it before. Others on this machine have their own round trips, which are shorter.
    /// </summary>
    [Fact]
    public void QuantilesAgreeWithTcpInfo()
    {
        const double others = 0.002;
        List<Socket> clients = Connect();
        rtt.Attach(KernelFixture.Plan);
        List<double> seen = [];
        for (int round = 0; round < Rounds; round++)
        {
            seen.AddRange(clients.Select(client => Info(client, SmoothedRtt) / 1e6));
            clients.ForEach(client => client.Send([1]));
            Wait.Until(() => clients.TrueForAll(client => Info(client, Unacknowledged) == 0), "everything is acknowledged");
        }

        seen.Sort();
        seen.RemoveAll(seconds => seconds < others);
        List<int> counted = [.. Buckets().Where(bucket => KernelFixture.HistogramAt("opptel_tcp_rtt_slot").UpperBound(bucket) > others)];
        Assert.True(seen.Count > Connections * Rounds / 2, $"only {seen.Count} round trips were delayed");
        Assert.InRange(counted.Count, seen.Count * 0.98, (seen.Count * 1.02) + Connections);
        foreach (double quantile in (double[])[0.1, 0.5, 0.9, 0.99])
        {
            int expected = BucketOf(seen[(int)(quantile * seen.Count)]);
            Assert.InRange(counted[(int)(quantile * counted.Count)], expected - 1, expected + 1);
        }
    }

    private List<Socket> Connect()
    {
        using Socket listener = network.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.2"), 7000));
        listener.Listen(Connections);
        List<Socket> clients = [];
        for (int number = 0; number < Connections; number++)
        {
            Socket client = host.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            client.Connect(IPAddress.Parse("10.77.0.2"), 7000);
            Socket server = listener.Accept();
            server.SetRawSocketOption(ProtocolTcp, QuickAck, BitConverter.GetBytes(0));
            sockets.AddRange([client, server]);
            clients.Add(client);
        }

        return clients;
    }

    /// <summary>The bucket of each value in the histogram, in order.</summary>
    private IEnumerable<int> Buckets()
    {
        int first = (int)KernelFixture.Plan.Variables["opptel_tcp_rtt_slot"];
        return Enumerable.Range(0, KernelFixture.HistogramAt("opptel_tcp_rtt_slot").Buckets)
            .SelectMany(bucket => Enumerable.Repeat(bucket, (int)Volatile.Read(ref kernel.Slots[first + bucket].Value)));
    }

    private static int BucketOf(double seconds)
    {
        LogLinear shape = KernelFixture.HistogramAt("opptel_tcp_rtt_slot");
        return Enumerable.Range(0, shape.Buckets).First(bucket => seconds < shape.UpperBound(bucket));
    }

    private static uint Info(Socket socket, int offset)
    {
        Span<byte> info = stackalloc byte[InfoSize];
        Assert.Equal(InfoSize, socket.GetRawSocketOption(ProtocolTcp, TcpInfo, info));
        return BitConverter.ToUInt32(info[offset..]);
    }
}
