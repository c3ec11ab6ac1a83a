using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Tunnels;

namespace OppTel.Host.Tests.Tunnels;

/// <summary>How long a frame may be, against fragments counted by hand as the kernel makes them.</summary>
public sealed class TunnelRoomTests
{
    [Theory]
    [InlineData("vxlan", "Ipv4", 1500, 1464u, 1480u, 50u)]
    [InlineData("vxlan", "Ipv6", 1500, 1444u, 1448u, 70u)]
    [InlineData("vxlan", "Any", 1500, 1444u, 0u, 70u)]
    [InlineData("geneve", "Ipv4", 1400, 1364u, 1376u, 50u)]
    [InlineData("geneve", "Any", 1500, 1192u, 0u, 70u)]
    [InlineData("vxlan", "Ipv4", 0, 0u, 0u, 50u)]
    public void WhatFits(string kind, string outer, int mtu, uint fits, uint chunk, uint front) =>
        Assert.Equal(new HostTunnel(fits, chunk, front), TunnelRoom.Of(kind, Enum.Parse<OuterIp>(outer), mtu));

    /// <summary>The largest trailer that the program may append makes no fragment more, and one more byte does where it is full.</summary>
    [Fact]
    public void TheRoomMakesNoFragmentMore() =>
        Gen.Select(Gen.Int[1280, 9000], Gen.Int[60, 9000], Gen.Bool).Sample((mtu, frame, isSix) =>
        {
            HostTunnel tunnel = TunnelRoom.Of("vxlan", isSix ? OuterIp.Ipv6 : OuterIp.Ipv4, mtu);
            int room = Room(tunnel, frame), packets = Packets(frame, mtu, isSix);
            Assert.Equal(packets, Packets(frame + room, mtu, isSix));
            Assert.Equal(packets + 1, Packets(frame + room + 1, mtu, isSix));
        });

    /// <summary>As <c>opptel_tunnel_room</c>.</summary>
    private static int Room(HostTunnel tunnel, int frame)
    {
        if (frame <= tunnel.Fits)
            return (int)tunnel.Fits - frame;
        int used = (frame + 16) % (int)tunnel.Chunk;
        return used == 0 ? 0 : (int)tunnel.Chunk - used;
    }

    /// <summary>Outer packets of a frame: every fragment but the last has a multiple of eight bytes, and IPv6 a header of eight for each.</summary>
    private static int Packets(int frame, int mtu, bool isSix)
    {
        int payload = frame + 16, header = isSix ? 40 : 20;
        if (header + payload <= mtu)
            return 1;
        int most = (mtu - header - (isSix ? 8 : 0)) / 8 * 8;
        return (payload + most - 1) / most;
    }
}
