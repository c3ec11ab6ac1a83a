using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Real packets of real sockets across a veth pair on which nobody strips: stamped frames do no harm.</summary>
public sealed class TrafficTests : IDisposable
{
    private readonly SamplerFixture sampler = new();
    private readonly NetworkNamespace host = new();
    private readonly NetworkNamespace network = new();

    public TrafficTests()
    {
        // Everything that the sampler finds is live: there is always something due.
        sampler.Kernel.SetLive(0, 4096, live: true);
        sampler.Kernel.State[0].RefreshValues = 2;
    }

    public void Dispose()
    {
        sampler.Dispose();
        host.Dispose();
        network.Dispose();
    }

    [Theory]
    [InlineData("10.77.0.2")]
    [InlineData("fd77::2")]
    public async Task TcpArrivesWholeInBothDirections(string address)
    {
        NetworkNamespace.Connect(host, network);
        using EgressAttachment attachment = Attach(host, "wire");
        KeepAllDue();
        byte[] content = RandomNumberGenerator.GetBytes(20_000_003);
        using Socket listener = network.Get(() => Listen(address));
        Task<byte[]> echo = Task.Run(() => Echo(listener, content.Length));
        using Socket client = host.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(IPAddress.Parse(address), 7000);
        Task sending = Task.Run(() => SendRagged(client, content));
        byte[] back = ReadExactly(client, content.Length);
        await sending;
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(back));
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await echo));
        // TCP joins pieces while it waits for acknowledgements: how many packets it makes depends on the machine.
        Assert.True(sampler.Kernel.Count(EgressReason.Stamped) > 100, Told());
        Assert.True(sampler.Kernel.Count(EgressReason.NothingDue) < 10, Told());
        Assert.Equal(0, network.Counter("TcpInCsumErrors"));
        Assert.Equal(0, network.Counter("TcpInErrs"));
        Assert.Equal(0, host.Counter("TcpInErrs"));
    }

    [Fact]
    public void UdpOfEveryLengthAndPingsArriveWhole()
    {
        NetworkNamespace.Connect(host, network);
        KeepAllDue();
        using EgressAttachment attachment = Attach(host, "wire");
        using Socket receiver = network.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 });
        receiver.Bind(new IPEndPoint(IPAddress.Any, 7000));
        using Socket sender = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        byte[] content = RandomNumberGenerator.GetBytes(1472), buffer = new byte[2000];
        for (int length = 0; length <= content.Length; length++)
        {
            sender.SendTo(content.AsSpan(0, length), new IPEndPoint(IPAddress.Parse("10.77.0.2"), 7000));
            Assert.Equal(content[..length], buffer[..receiver.Receive(buffer)]);
        }

        host.Command("ping", "-c 50 -i 0.002 -s 301 10.77.0.2");
        host.Command("ping", "-c 50 -i 0.002 -s 302 fd77::2");
        host.Command("ping", "-c 20 -i 0.002 -s 4001 10.77.0.2");
        Assert.True(sampler.Kernel.Count(EgressReason.Stamped) > 1000, Told());
        Assert.True(sampler.Kernel.Count(EgressReason.NoSlack) > 20, Told());
        Assert.Equal(0, network.Counter("UdpInCsumErrors"));
        Assert.Equal(0, network.Counter("UdpInErrors"));
        Assert.Equal(0, network.Counter("IcmpInCsumErrors"));
        Assert.Equal(0, network.Counter("Icmp6InErrors"));
    }

    /// <summary>What the other end of the wire sees: every stream without a hole, every trailer strips, newest values at the end.</summary>
    [Fact]
    public void StreamsHaveNoHolesAndNothingIsLost()
    {
        NetworkNamespace.Connect(host, network);
        using PacketSocket wire = network.Get(() => new PacketSocket("wire"));
        using EgressAttachment attachment = Attach(host, "wire");
        Flood(seconds: 2);
        sampler.Detach();
        Drain();
        Dictionary<int, List<uint>> sequences = [];
        Dictionary<int, ulong> last = [];
        foreach (byte[] frame in wire.Receive())
        {
            StripReason verdict = Trailer.Inspect(frame, out int length);
            if (verdict == StripReason.NoTrailer)
                continue;
            Assert.Equal(StripReason.Stripped, verdict);
            (Footer footer, ValueRecord[] values) = KernelFixture.Read(frame.AsSpan(^length..));
            if (!sequences.TryGetValue(footer.Stream, out List<uint>? stream))
                sequences[footer.Stream] = stream = [];
            stream.Add(footer.Sequence);
            foreach (ValueRecord value in values)
                last[value.Slot] = Math.Max(last.GetValueOrDefault(value.Slot), value.Raw);
        }

        Assert.True(sequences.Values.Sum(stream => stream.Count) > 1000, Told());
        foreach ((int cpu, List<uint> stream) in sequences)
            Assert.Equal(Enumerable.Range(0, (int)sampler.Kernel.Streams[cpu].Sequence).Select(number => (uint)number), stream.Order());
        // Counters only grow; lengths of run queues do not, and nobody says which of two streams' values is the newer one.
        int queues = (int)KernelFixture.Plan.Variables["opptel_queue_slot"];
        foreach (int slot in Enumerable.Range(0, 4096).Where(slot => slot < queues || slot >= queues + BpfObject.PossibleCpus))
            Assert.Equal(sampler.Kernel.Slots[slot].Value, last.GetValueOrDefault(slot));
        Assert.Equal(0ul, sampler.Kernel.Sampler[0].DueOvertaken);
    }

    [Fact]
    public void ATrailerFitsTheMtuToTheByte()
    {
        NetworkNamespace.Connect(host, network, mtu: 576);
        using EgressAttachment attachment = Attach(host, "wire");
        sampler.Detach();
        Drain(stop: EgressReason.NothingDue);
        const int Headers = 28, OneValue = 32;
        host.Run(() =>
        {
            int device = TestLibc.InterfaceIndex("wire");
            for (int values = 1; values <= 3; values++)
            {
                int payload = 576 - Headers - OneValue - ((values - 1) * 8);
                sampler.Kernel.Publish(100, 1, 2, 3);
                Assert.Equal(values, Fitting(Frames.Ipv4Udp(payload), device));
                Assert.Equal(values - 1, Fitting(Frames.Ipv4Udp(payload + 1), device));
                Assert.Equal(values, Fitting(Frames.Vlan(Frames.Ipv4Udp(payload), 0x8100), device));
                Assert.Equal(values - 1, Fitting(Frames.Vlan(Frames.Ipv4Udp(payload - 3), 0x8100, 0x8100), device));
                Assert.Equal(values, Fitting(Frames.Vlan(Frames.Ipv4Udp(payload - 4), 0x8100, 0x8100), device));
            }
        });
    }

    /// <summary>The kernel refuses to grow what is as large as it can be: the packet leaves as it is, its values with the next.</summary>
    [Fact]
    public void APacketThatCannotGrowLeavesAsItIs()
    {
        sampler.Detach();
        sampler.Kernel.State[0].RefreshValues = 0;
        using EgressAttachment attachment = Attach(host, "lo");
        using Socket receiver = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 });
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 7000));
        byte[] content = RandomNumberGenerator.GetBytes(30_000), buffer = new byte[65536];
        sampler.Kernel.Publish(100, 42);
        receiver.SendTo(content, new IPEndPoint(IPAddress.Loopback, 7000));
        Assert.Equal(content, buffer[..receiver.Receive(buffer)]);
        Assert.True(sampler.Kernel.Count(EgressReason.GrowFailed) > 0, Told());
        ulong taken = 0;
        while (sampler.Kernel.Send(Frames.Arp()) is { Length: > 42 } stamped)
            taken += (ulong)KernelFixture.Read(stamped.AsSpan(42..)).Values.Count(value => value is { Slot: 100, Raw: 42 });
        Assert.Equal(1ul, taken);
    }

    /// <summary>A sender that asks for a checksum in the tail keeps the kernel from trimming: the forged trailer leaves without its magic.</summary>
    [Fact]
    public void AForgedTrailerThatCannotBeTrimmedLosesItsMagic()
    {
        NetworkNamespace.Connect(host, network);
        using PacketSocket sender = host.Get(() => new PacketSocket("wire", offload: true)), wire = network.Get(() => new PacketSocket("wire"));
        using EgressAttachment attachment = Attach(host, "wire");
        sampler.Kernel.State[0].LeaseUntil = 0;
        byte[] forged = Frames.Forge(Frames.Ipv4Udp(100), values: 4), header = new byte[10];
        header[0] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)(14 + 28 + 100 + 4));
        sender.Send([.. header, .. forged]);
        byte[] left = [];
        Wait.Until(() => wire.Receive().Any(frame => (left = frame).Length >= 142 && frame[23] == Frames.Udp), "the frame arrives");
        Assert.Equal(1ul, sampler.Kernel.Count(EgressReason.TrimFailed));
        Assert.Equal(forged[..142], left[..142]);
        Assert.Equal(StripReason.NoTrailer, Trailer.Inspect(left, out _));
    }

    /// <summary>So many slots wait, and a carrier takes so few, that none of these packets finds nothing due.</summary>
    private void KeepAllDue()
    {
        sampler.Kernel.SetLive(4096, 60_000, live: true);
        sampler.Kernel.State[0].MaxValues = 1;
    }

    private int Fitting(byte[] frame, int device)
    {
        byte[] left = sampler.Kernel.Send(frame, device);
        sampler.Kernel.SetLive(100, 3, live: true);
        return left.Length == frame.Length ? 0 : KernelFixture.Read(left.AsSpan(frame.Length..)).Values.Length;
    }

    private EgressAttachment Attach(NetworkNamespace side, string device) => side.Get(
        () => EgressAttachment.Attach(sampler.Kernel.Egress, device, TestLibc.InterfaceIndex(device), AttachMode.Tcx));

    private void Flood(int seconds)
    {
        using Socket sender = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        sender.Connect(new IPEndPoint(IPAddress.Parse("10.77.0.2"), 9));
        byte[] content = new byte[200];
        long end = Environment.TickCount64 + (seconds * 1000);
        Parallel.For(0, 2, _ =>
        {
            for (int sent = 0; Environment.TickCount64 < end; sent++)
            {
                try
                {
                    sender.Send(content);
                }
                catch (SocketException)
                {
                    // Nobody listens: the answer to an earlier packet.
                }

                if (sent % 20 == 0)
                    Thread.Sleep(1);
            }
        });
    }

    /// <summary>Sends heartbeats on the wire until every value left.</summary>
    private void Drain(EgressReason stop = EgressReason.Stamped)
    {
        using PacketSocket socket = host.Get(() => new PacketSocket("wire"));
        for (int slots = 0; slots < 4096 + HostMaps.MaxValues; slots += HostMaps.MaxValues)
        {
            sampler.Kernel.State[0].MaxValues = HostMaps.MaxValues;
            socket.Send(stop == EgressReason.NothingDue ? Frames.Arp() : Frames.Control((byte)ControlKind.Heartbeat));
        }

        sampler.Kernel.State[0].RefreshValues = 0;
    }

    private static Socket Listen(string address)
    {
        IPAddress parsed = IPAddress.Parse(address);
        Socket listener = new(parsed.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(parsed, 7000));
        listener.Listen();
        return listener;
    }

    private static byte[] Echo(Socket listener, int length)
    {
        using Socket peer = listener.Accept();
        byte[] content = ReadExactly(peer, length);
        peer.Send(content);
        return content;
    }

    /// <summary>Pieces of every length, so that payloads begin and end at odd offsets.</summary>
    private static void SendRagged(Socket socket, byte[] content)
    {
        socket.NoDelay = true;
        int piece = 1;
        for (int sent = 0; sent < content.Length; piece = sent < 1_000_000 ? (piece % 1400) + 1 : 65537)
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

    private string Told() => string.Join(", ", Enum.GetValues<EgressReason>().Select(reason => $"{reason}: {sampler.Kernel.Count(reason)}"));
}
