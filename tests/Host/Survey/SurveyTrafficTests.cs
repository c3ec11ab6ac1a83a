using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Survey;

/// <summary>Real packets of real sockets: what the survey says of the wire is what the other end of the wire receives.</summary>
public sealed class SurveyTrafficTests : IDisposable
{
    private const int Mtu = 1500;
    private const int UdpLevel = 17;
    private const int UdpSegment = 103;
    private readonly SurveyFixture survey = new();
    private readonly NetworkNamespace host = new();
    private readonly NetworkNamespace network = new();

    public SurveyTrafficTests()
    {
        NetworkNamespace.Connect(host, network);
        // Segments are cut in software behind the hook, as a NIC cuts them.
        host.Command("ethtool", "-K wire gso on");
    }

    public void Dispose()
    {
        host.Run(survey.Dispose);
        host.Dispose();
        network.Dispose();
    }

    [Theory]
    [InlineData(AttachMode.Tcx)]
    [InlineData(AttachMode.Clsact)]
    public async Task TheOtherEndReceivesTheFramesThatAreCounted(AttachMode mode)
    {
        using PacketSocket wire = Begin(mode);
        await Stream("10.77.0.2", 3_000_000);
        await Stream("fd77::2", 3_000_000);
        using (Socket sender = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)))
        {
            for (int length = 0; length <= 1472; length += 16)
                sender.SendTo(new byte[length], new IPEndPoint(IPAddress.Parse("10.77.0.2"), 7001));
        }

        host.Command("ping", "-c 20 -i 0.002 -s 301 10.77.0.2");
        host.Command("ping", "-c 20 -i 0.002 -s 302 fd77::2");
        host.Command("ping", "-c 5 -i 0.002 -s 4001 10.77.0.2");
        List<byte[]> frames = End(wire);
        WireOracle oracle = new(Mtu);
        frames.ForEach(frame => oracle.Count(frame.Length, 14));
        oracle.AssertEqual(survey);
        Assert.Equal(
            frames.GroupBy(Protocol).Select(group => (group.Key, (ulong)group.Count())).OrderBy(entry => entry.Key),
            survey.Protocols().Select(entry => (entry.Key, entry.Value.Frames)).OrderBy(entry => entry.Key));
        AssertSegmented();
    }

    /// <summary>A tag that the device inserts is on the wire, though not in the packet at the hook.</summary>
    [Fact]
    public void ATagThatTheDeviceInsertsIsOnTheWire()
    {
        using BpfObject probes = KernelFixture.LoadProbes();
        EgressAttachment? tagger = null;
        // Whoever attaches last runs first.
        using PacketSocket wire = Begin(AttachMode.Tcx, () => tagger = EgressAttachment.Attach(probes.Program("probe_tag"), "wire", TestLibc.InterfaceIndex("wire"), AttachMode.Tcx));
        host.Command("ip", "neighbour add 10.77.0.2 lladdr 02:00:00:00:00:02 dev wire");
        using (Socket sender = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)))
        {
            IPEndPoint receiver = new(IPAddress.Parse("10.77.0.2"), 7001);
            for (int length = 0; length <= 1400; length += 100)
                sender.SendTo(new byte[length], receiver);
            sender.SetRawSocketOption(UdpLevel, UdpSegment, BitConverter.GetBytes(1000));
            for (int sent = 0; sent < 10; sent++)
                sender.SendTo(new byte[10_500], receiver);
        }

        // Packet sockets show the tag beside the frame.
        WireOracle oracle = new(Mtu);
        End(wire).ForEach(frame => oracle.Count(frame.Length + 4, 18));
        host.Run(() => tagger?.Dispose());
        oracle.AssertEqual(survey);
        Assert.Equal(125ul, survey.Protocols()[17].Frames);
        AssertSegmented();
    }

    /// <summary>Carriers are those that the egress program stamps: both count the same packets.</summary>
    [Fact]
    public async Task TheEgressProgramBehindItCountsTheSameReasons()
    {
        using KernelFixture egress = new();
        egress.SetLive(0, 60_000, live: true);
        egress.State[0].MaxValues = 1;
        EgressAttachment attachment = host.Get(() => EgressAttachment.Attach(egress.Egress, "wire", TestLibc.InterfaceIndex("wire"), AttachMode.Tcx));
        ulong[] before = [];
        using PacketSocket wire = Begin(AttachMode.Tcx, () => before = egress.Counts());
        await Stream("10.77.0.2", 1_000_000);
        host.Command("ping", "-c 20 -i 0.002 -s 301 10.77.0.2");
        End(wire);
        host.Run(attachment.Dispose);
        Assert.Equal(egress.Counts().Zip(before, (after, early) => after - early), survey.Reasons());
        Assert.True(survey.Reasons()[(int)EgressReason.Stamped] > 20);
    }

    private void AssertSegmented()
    {
        ulong packets = survey.Reasons().Aggregate((sum, count) => sum + count);
        Assert.True(survey.Reasons()[(int)EgressReason.Gso] > 0);
        Assert.True(survey.Protocols().Values.Aggregate(0ul, (sum, tally) => sum + tally.Frames) > packets);
        Assert.Equal(0ul, survey.Unsplit());
        ulong carriers = 0;
        survey.Trace.Drain(ulong.MaxValue, (_, room) => carriers += room >= 32 ? 1u : 0u);
        Assert.Equal(survey.Reasons()[(int)EgressReason.Stamped], carriers);
    }

    /// <summary>Attaches and taps the other end while nothing can leave, so that both see the same frames.</summary>
    /// <param name="mode">How.</param>
    /// <param name="asWell">What else is done then, in the host's namespace.</param>
    private PacketSocket Begin(AttachMode mode, Action? asWell = null)
    {
        Silence();
        host.Run(() => survey.Kernel.Attach("wire", TestLibc.InterfaceIndex("wire"), mode));
        host.Run(asWell ?? (() => { }));
        PacketSocket wire = network.Get(() => new PacketSocket("wire"));
        host.Command("ip", "link set wire up");
        host.Command("sysctl", "-qw net.ipv6.conf.wire.disable_ipv6=0");
        host.Command("ip", "address add fd77::1/64 dev wire nodad");
        return wire;
    }

    /// <summary>
    /// Nothing leaves any more. IPv6 ends before the link does: it reports the groups that it leaves, and what passes the hook of a
    /// link that is down is dropped behind it.
    /// </summary>
    private void Silence()
    {
        host.Command("sysctl", "-qw net.ipv6.conf.wire.disable_ipv6=1");
        host.Command("ip", "link set wire down");
    }

    /// <summary>All frames that the other end received when no more can leave.</summary>
    private List<byte[]> End(PacketSocket wire)
    {
        Silence();
        List<byte[]> frames = [];
        ulong counted = survey.FrameSizes().Aggregate((sum, count) => sum + count);
        Wait.Until(
            () =>
            {
                frames.AddRange(wire.Receive());
                return (ulong)frames.Count >= counted;
            },
            $"{counted} frames arrive");
        Assert.Equal(counted, (ulong)frames.Count);
        return frames;
    }

    private async Task Stream(string address, int length)
    {
        IPEndPoint endpoint = new(IPAddress.Parse(address), 7000);
        using Socket listener = network.Get(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(endpoint);
        listener.Listen();
        using Socket client = host.Get(() => new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        Task<Socket> accepting = listener.AcceptAsync();
        await client.ConnectAsync(endpoint);
        using Socket server = await accepting;
        Task sending = Task.Run(() =>
        {
            client.Send(new byte[length]);
            client.Shutdown(SocketShutdown.Send);
        });
        byte[] buffer = new byte[65536];
        server.ReceiveTimeout = 20_000;
        for (int got; (got = server.Receive(buffer)) > 0;)
            length -= got;
        await sending;
        Assert.Equal(0, length);
    }

    private static int Protocol(byte[] frame) => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) switch
    {
        0x0800 => frame[23],
        0x86DD => 256 + frame[20],
        0x0806 => 512,
        _ => 514,
    };
}
