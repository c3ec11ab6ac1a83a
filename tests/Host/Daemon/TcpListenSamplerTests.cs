using System.Net;
using System.Net.Sockets;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

/// <summary>The listeners' counters beside nstat's view of them, in a namespace in which a queue is full.</summary>
public class TcpListenSamplerTests
{
    [Fact]
    public void OverflowsAndDropsAgreeWithNstat()
    {
        using NetworkNamespace host = new();
        using Socket listener = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        List<Socket> clients = [.. Enumerable.Range(0, 20).Select(_ => host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false }))];
        foreach (Socket client in clients)
            Assert.ThrowsAny<SocketException>(() => client.Connect(listener.LocalEndPoint!));
        Wait.Until(() => host.Counter("TcpExtListenOverflows") > 10, "the queue overflows");
        // Those that wait for their place do not try again while the counters are read.
        clients.ForEach(client => client.Dispose());
        RecordingStore store = new();
        using ISlotReader reader = host.Get(() => TcpListenSampler.Definition.OpenReader!(KernelFixture.Plan));
        host.Run(() => reader.Read(store));
        uint slot = KernelFixture.Plan.Variables["tcp_listen"];
        Assert.Equal(host.Counter("TcpExtListenOverflows"), (long)store[slot]);
        Assert.Equal(host.Counter("TcpExtListenDrops"), (long)store[slot + 1]);
    }
}
