using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tunnels;
using OppTel.Wire;
using OppTel.Wire.Tunnels;

namespace OppTel.Host.Tests.Tunnels;

/// <summary>Packets of real sockets through the kernel's VXLAN, on an underlay where nobody strips: they do no harm, and would strip to what the stack made.</summary>
public sealed class TunnelTrafficTests : IDisposable
{
    private readonly KernelFixture kernel = new();
    private readonly NetworkNamespace host = new();
    private readonly NetworkNamespace network = new();
    private readonly List<EgressAttachment> attachments = [];
    private int innerMtu;

    public TunnelTrafficTests()
    {
        // So many slots wait, and a carrier takes so few, that there is always something due.
        kernel.SetLive(0, 60_000, live: true);
        kernel.State[0].MaxValues = 4;
        kernel.State[0].RefreshValues = 2;
    }

    public void Dispose()
    {
        attachments.ForEach(attachment => attachment.Dispose());
        host.Dispose();
        network.Dispose();
        kernel.Dispose();
    }

    [Theory]
    [InlineData(4, 1500, "udpcsum")]
    [InlineData(4, 1400, "noudpcsum")]
    [InlineData(6, 1500, "udp6zerocsumtx udp6zerocsumrx")]
    [InlineData(6, 1400, "noudp6zerocsumtx noudp6zerocsumrx")]
    public void DatagramsOfEveryLengthArriveAndMakeNoFragmentMore(int outer, int mtu, string checksums)
    {
        Connect(outer, mtu, checksums);
        using PacketSocket wire = network.Get(() => new PacketSocket("wire"));
        kernel.State[0].LeaseUntil = 0;
        long before = SendAll(4) + SendAll(6);
        Assert.Equal(0ul, kernel.Count(EgressReason.Stamped));
        foreach (byte[] frame in wire.Receive())
            Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(frame, TunnelPorts.Default, out _, out _));
        kernel.State[0].LeaseUntil = ulong.MaxValue;
        Assert.Equal(before, SendAll(4) + SendAll(6));
        Assert.Equal(outer == 4, before > 0);
        Assert.True(kernel.Count(EgressReason.Stamped) > 2000, Told());
        int stripped = 0;
        foreach (byte[] frame in wire.Receive())
            stripped += IsExactWithoutTrailer(frame) ? 1 : 0;
        Assert.True(stripped > 500, $"{stripped} frames on the wire had a trailer; {Told()}");
        AssertClean();
    }

    [Theory]
    [InlineData(4, 1500)]
    [InlineData(6, 1500)]
    [InlineData(4, 1400)]
    [InlineData(6, 1400)]
    public async Task TcpArrivesWholeInBothDirections(int outer, int mtu)
    {
        Connect(outer, mtu, "udpcsum");
        foreach (string address in (string[])["10.99.0.2", "fd99::2"])
        {
            byte[] content = RandomNumberGenerator.GetBytes(3_000_003);
            using Socket listener = network.Get(() => Listen(address));
            using Socket client = host.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            await client.ConnectAsync(IPAddress.Parse(address), 7000);
            using Socket server = await listener.AcceptAsync();
            Task there = Task.Run(() => SendRagged(client, content)), back = Task.Run(() => SendRagged(server, content));
            byte[] atClient = [], atServer = [];
            Task reading = Task.Run(() => atClient = ReadExactly(client, content.Length));
            atServer = ReadExactly(server, content.Length);
            await Task.WhenAll(there, back, reading);
            Assert.True(content.AsSpan().SequenceEqual(atServer) && content.AsSpan().SequenceEqual(atClient));
        }

        Assert.True(kernel.Count(EgressReason.Stamped) > 100, Told());
        AssertClean();
    }

    /// <summary>At the uplink a packet of a stamped tunnel takes no second trailer, nor does a fragment of one, whatever the uplink's program finds due.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void NoPacketIsStampedTwice(int outer)
    {
        Connect(outer, 1400, "udpcsum");
        host.Run(() => attachments.Add(EgressAttachment.Attach(kernel.Egress, "wire", TestLibc.InterfaceIndex("wire"), AttachMode.Tcx)));
        using PacketSocket wire = network.Get(() => new PacketSocket("wire"));
        SendAll(4);
        Assert.True(kernel.Count(EgressReason.GrowFailed) > 1000, Told());
        int tunnelled = 0;
        foreach (byte[] frame in wire.Receive().Where(frame => frame[23] == 17 || frame[20] is 17 or 44))
        {
            Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(frame, out _));
            tunnelled++;
        }

        Assert.True(tunnelled > 1000);
        AssertClean();
    }

    /// <summary>A tunnel that is no device of ours: its packets cannot grow, and that is known before a trailer is put together.</summary>
    [Fact]
    public void PacketsOfOtherTunnelsAreLeftAlone()
    {
        Connect(4, 1500, "udpcsum");
        attachments.ForEach(attachment => attachment.Dispose());
        host.Run(() => attachments.Add(EgressAttachment.Attach(kernel.Egress, "wire", TestLibc.InterfaceIndex("wire"), AttachMode.Tcx)));
        ulong trailers = Trailers();
        SendAll(4);
        Assert.True(kernel.Count(EgressReason.GrowFailed) > 1000, Told());
        // Only what the kernel does not mark as encapsulated, such as ARP in the tunnel, and what is none of the tunnel's.
        Assert.InRange(Trailers() - trailers, 0ul, kernel.Count(EgressReason.GrowFailed) / 5);
        AssertClean();
    }

    private ulong Trailers() => Enumerable.Range(0, kernel.Streams.Count).Aggregate(0ul, (sum, cpu) => sum + kernel.Streams[cpu].Trailers);

    private void Connect(int outer, int mtu, string checksums)
    {
        NetworkNamespace.Connect(host, network, mtu);
        // Over IPv6 Linux does not fragment a tunnel's packets but drops them: there the tunnel's packets have to fit, with a trailer too.
        innerMtu = outer == 4 ? 1500 : mtu - 70;
        (string ours, string theirs) = outer == 4 ? ("10.77.0.1", "10.77.0.2") : ("fd77::1", "fd77::2");
        foreach ((NetworkNamespace side, string local, string remote, int number) in new[] { (host, ours, theirs, 1), (network, theirs, ours, 2) })
        {
            side.Command("ip", $"link add vxlan0 address 02:00:00:00:99:0{number} type vxlan id 42 local {local} remote {remote} dstport 4789 {checksums}");
            side.Command("ip", $"link set vxlan0 mtu {innerMtu} up");
            side.Command("ethtool", "-K vxlan0 tso off gso off");
            side.Command("ip", $"address add 10.99.0.{number}/24 dev vxlan0");
            side.Command("ip", $"address add fd99::{number}/64 dev vxlan0 nodad");
        }

        host.Run(() =>
        {
            int index = TestLibc.InterfaceIndex("vxlan0");
            LinkFacts facts = LinkReader.Read(index)!;
            Assert.Equal((index, innerMtu, true, "vxlan", outer == 4 ? OuterIp.Ipv4 : OuterIp.Ipv6, IPAddress.Parse(theirs)), (facts.Index, facts.Mtu, facts.IsTunnel, facts.Kind, facts.Outer, facts.Remote));
            Assert.Equal(mtu, PathMtu.To(facts.Remote!));
            TunnelPrograms programs = new(kernel.Object);
            programs.Set(index, TunnelRoom.Of(facts.Kind, facts.Outer, mtu));
            attachments.Add(programs.Attach("vxlan0", index, AttachMode.Tcx));
        });
    }

    /// <summary>Datagrams of every length over the tunnel. Returns the fragments that they made.</summary>
    private long SendAll(int inner)
    {
        (IPAddress any, IPAddress to, int longest) = inner == 4
            ? (IPAddress.Any, IPAddress.Parse("10.99.0.2"), innerMtu - 28) : (IPAddress.IPv6Any, IPAddress.Parse("fd99::2"), innerMtu - 48);
        long before = Fragments();
        using Socket receiver = network.Get(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 });
        receiver.Bind(new IPEndPoint(any, 7000));
        using Socket sender = host.Get(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        byte[] content = RandomNumberGenerator.GetBytes(longest), buffer = new byte[2000];
        for (int length = 0; length <= longest; length++)
        {
            sender.SendTo(content.AsSpan(0, length), new IPEndPoint(to, 7000));
            Assert.Equal(content[..length], buffer[..receiver.Receive(buffer)]);
        }

        return Fragments() - before;
    }

    private long Fragments() => host.Account("Ip", "FragCreates") + host.Account("Ip6", "FragCreates");

    /// <summary>Whether a frame has a trailer in its tunnel; without it, lengths and sums have to be right to whoever takes them anew.</summary>
    private static bool IsExactWithoutTrailer(byte[] frame)
    {
        StripReason reason = Trailer.Inspect(frame, TunnelPorts.Default, out int length, out OuterHeaders outer);
        if (reason != StripReason.Stripped)
            return false;
        Assert.True(outer.IsTunnel);
        byte[] left = frame[..^length];
        OuterLengths.Shorten(left, outer, length);
        Span<byte> packet = left.AsSpan(outer.Packet), datagram = left.AsSpan(outer.Datagram);
        Assert.Equal(left.Length - outer.Datagram, BinaryPrimitives.ReadUInt16BigEndian(datagram[4..]));
        Assert.Equal(packet.Length - (outer.IsIpv6 ? 40 : 0), BinaryPrimitives.ReadUInt16BigEndian(packet[(outer.IsIpv6 ? 4 : 2)..]));
        if (!outer.IsIpv6)
            Assert.Equal(0xFFFF, OnesComplement.SumScalar(packet[..20]));
        if (datagram[6] + datagram[7] == 0)
            return true;
        byte[] pseudo = [.. outer.IsIpv6 ? packet[8..40] : packet[12..20], 0, 17, .. datagram[4..6]];
        Assert.Equal(0xFFFF, OnesComplement.SumScalar([.. pseudo, .. datagram]));
        return true;
    }

    private void AssertClean()
    {
        foreach (NetworkNamespace side in (NetworkNamespace[])[host, network])
        {
            foreach ((string protocol, string counter) in (ReadOnlySpan<(string, string)>)[
                ("Udp", "InCsumErrors"), ("Tcp", "InCsumErrors"), ("Tcp", "InErrs"), ("Ip", "InHdrErrors"), ("Ip", "ReasmFails"), ("Udp6", "InCsumErrors"), ("Ip6", "InHdrErrors"), ("Ip6", "ReasmFails")])
                Assert.Equal((protocol, counter, 0L), (protocol, counter, side.Account(protocol, counter)));
        }
    }

    private static Socket Listen(string address)
    {
        IPAddress parsed = IPAddress.Parse(address);
        Socket listener = new(parsed.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(parsed, 7000));
        listener.Listen();
        return listener;
    }

    /// <summary>Pieces of every length, so that payloads begin and end at odd offsets.</summary>
    private static void SendRagged(Socket socket, byte[] content)
    {
        int piece = 1;
        for (int sent = 0; sent < content.Length; piece = sent < 500_000 ? (piece % 1400) + 1 : 65537)
            sent += socket.Send(content.AsSpan(sent, Math.Min(piece, content.Length - sent)));
    }

    private static byte[] ReadExactly(Socket socket, int length)
    {
        socket.ReceiveTimeout = 20_000;
        byte[] content = new byte[length];
        for (int received = 0; received < length;)
        {
            int count = socket.Receive(content.AsSpan(received));
            Assert.True(count > 0, $"the connection ended after {received} of {length} bytes");
            received += count;
        }

        return content;
    }

    private string Told() => string.Join(", ", Enum.GetValues<EgressReason>().Select(reason => $"{reason}: {kernel.Count(reason)}"));
}
