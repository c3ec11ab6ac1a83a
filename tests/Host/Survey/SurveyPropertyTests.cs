using System.Buffers.Binary;
using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Survey;

/// <summary>The counting program finds what the egress program would do, changes nothing, and sees the wire as it is.</summary>
public sealed class SurveyPropertyTests : IDisposable
{
    private const int LoopbackMtu = 65536;
    private const int Mtu = 1500;

    // The kernel's test harness takes a packet that fits one page.
    private const int LongestPacket = 3400;

    public static Gen<(byte[] Packet, int Offset, int Headers)> GenSegmented() =>
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 10], Gen.Int[0, 10], Gen.Int[1, 3000]).Select(
            (isV6, isUdp, tags, ipOptions, tcpOptions, payload) =>
            {
                int offset = 14 + (4 * tags), l4 = offset + (isV6 ? 40 : 20 + (4 * ipOptions)), headers = l4 + (isUdp ? 8 : 20 + (4 * tcpOptions));
                byte[] packet = Frames.Vlan(Frames.Ethernet(isV6 ? (ushort)0x86DD : (ushort)0x0800, new byte[headers + payload - offset]), [.. Enumerable.Repeat((ushort)0x8100, tags)]);
                packet[offset] = isV6 ? (byte)0x60 : (byte)(0x45 + ipOptions);
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(offset + (isV6 ? 4 : 2)), (ushort)(packet.Length - offset - (isV6 ? 40 : 0)));
                packet[offset + (isV6 ? 6 : 9)] = isUdp ? (byte)17 : (byte)6;
                if (!isUdp)
                    packet[l4 + 12] = (byte)((5 + tcpOptions) << 4);
                return (packet, offset, headers);
            });

    private readonly KernelFixture egress = new();
    private readonly NetworkNamespace host = new();

    public void Dispose()
    {
        host.Dispose();
        egress.Dispose();
    }

    [Fact]
    public void MadeUpFramesCountAsTheEgressProgramCountsThem()
    {
        using SurveyFixture survey = new();
        int compared = 0;
        AnyFrame.Made().Sample(
            frame =>
            {
                compared += Compare(survey, frame) ? 1 : 0;
            },
            iter: 20_000,
            threads: 1);
        Assert.True(compared > 10_000, $"only {compared}");
    }

    [Fact]
    public void RealFramesCountAsTheEgressProgramCountsThem()
    {
        using SurveyFixture survey = new();
        int compared = AnyFrame.Real().Count(frame => Compare(survey, frame));
        Assert.True(compared > 1000, $"only {compared}");
        Assert.Equal((ulong)compared, survey.Reasons().Aggregate((sum, count) => sum + count));
        Assert.Equal((ulong)compared, survey.Protocols().Values.Aggregate(0ul, (sum, tally) => sum + tally.Packets));
    }

    /// <summary>With the kernel's account of the wire, as local packets have it, and without, as a guest's packets come.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SegmentsAreThoseOfTheWire(bool isLocal) => OnWire(device =>
        Gen.Select(GenSegmented(), Gen.Int[8, 1460]).Sample(
            (packet, gsoSize) =>
            {
                using SurveyFixture survey = new(traceEntries: 16);
                WireOracle wire = new(Mtu);
                // The harness takes no more than this for the wire's length.
                gsoSize = Math.Max(gsoSize, packet.Packet.Length / 200);
                int segments = (packet.Packet.Length - packet.Headers + gsoSize - 1) / gsoSize;
                wire.Split(packet.Packet, packet.Offset, packet.Headers, gsoSize);
                survey.Send(
                    packet.Packet, device, gsoSize, isLocal ? segments : 0, isLocal ? packet.Packet.Length + ((segments - 1) * packet.Headers) : 0);
                wire.AssertEqual(survey);
                Assert.Equal(1ul, survey.Reasons()[(int)EgressReason.Gso]);
                Assert.Equal((ulong)segments, survey.Protocols().Single().Value.Frames);
            },
            iter: 300,
            threads: 1));

    [Fact]
    public void FramesThatAreNotSegmentedAreThemselves() => OnWire(device =>
    {
        using SurveyFixture survey = new();
        WireOracle wire = new(Mtu);
        GenSegmented().Sample(
            packet =>
            {
                survey.Send(packet.Packet, device);
                wire.Count(packet.Packet.Length, packet.Offset);
            },
            iter: 3000,
            threads: 1);
        wire.AssertEqual(survey);
        Assert.Equal(WireOracle.Filled(wire.Sizes), WireOracle.Filled(survey.PacketSizes()));
    });

    [Fact]
    public void APacketThatNothingCanSplitIsSaidToBeMissing()
    {
        using SurveyFixture survey = new();
        survey.Send(Frames.Ipv4(1000, protocol: 47), gsoSize: 100);
        survey.Send(Frames.Ethernet(0x1234, new byte[1000]), gsoSize: 100);
        Assert.Equal(2ul, survey.Unsplit());
        Assert.Equal(2ul, survey.Reasons()[(int)EgressReason.Gso]);
        Assert.Empty(WireOracle.Filled(survey.FrameSizes()));
    }

    [Fact]
    public void ProtocolsAreToldApart()
    {
        using SurveyFixture survey = new();
        survey.Send(Frames.Ipv4Udp(100));
        survey.Send(Frames.Ipv4(100, protocol: 6));
        survey.Send(Frames.Ipv6(100, next: 6));
        survey.Send(Frames.Vlan(Frames.Ipv6Udp(100), 0x88A8, 0x8100));
        survey.Send(Frames.Arp());
        survey.Send(Frames.Control(kind: 2));
        survey.Send(Frames.Ethernet(0x1234, new byte[100]));
        survey.Send([.. Frames.Ipv4Udp(1)[..14], 0x25, .. new byte[40]]);
        Dictionary<int, SurveyTally> expected = new()
        {
            [17] = new(1, 1, 1),
            [6] = new(1, 1, 1),
            [256 + 6] = new(1, 1, 1),
            [256 + 17] = new(1, 1, 1),
            [512] = new(1, 1, 1),
            [513] = new(1, 1, 0),
            [514] = new(2, 2, 0),
        };
        Assert.Equal(expected.OrderBy(entry => entry.Key), survey.Protocols().OrderBy(entry => entry.Key));
    }

    /// <summary>Whether the harness took the frame; both programs must have counted the same.</summary>
    private bool Compare(SurveyFixture survey, byte[] frame)
    {
        if (frame.Length > LongestPacket)
            return false;
        egress.Publish(8, 1, 2, 3);
        ulong[] before = egress.Counts(), counted = survey.Reasons();
        try
        {
            egress.Send(frame);
        }
        catch (BpfException exception) when (exception.Error == 22)
        {
            // Shorter than the header that its EtherType announces.
            return false;
        }

        survey.Send(frame);
        Assert.Equal(Moved(before, egress.Counts()), Moved(counted, survey.Reasons()));
        Assert.Contains(Moved(before, egress.Counts()), EgressOracle.Expect(frame, LoopbackMtu));
        return true;
    }

    private static EgressReason Moved(ulong[] before, ulong[] after) =>
        Enum.GetValues<EgressReason>().Single(reason => after[(int)reason] == before[(int)reason] + 1);

    private void OnWire(Action<int> test) => host.Run(() =>
    {
        host.Command("ip", $"link add wire mtu {Mtu} type veth peer name peer");
        test(TestLibc.InterfaceIndex("wire"));
    });
}
