using System.Numerics;

namespace OppTel.Dataplane;

/// <summary>Arguments of the virtual devices behind kernel interfaces.</summary>
internal static class DeviceArguments
{
    /// <summary>Ethernet header and two VLAN tags.</summary>
    public const int HeaderRoom = 22;

    /// <summary>Frames of a packet socket's ring, each way and for each queue.</summary>
    private const int PacketFrames = 1024;

    /// <summary>Room of a ring's frame that the packet itself does not get.</summary>
    private const int PacketHeader = 128;

    /// <summary>The device's name and its arguments, as behind --vdev.</summary>
    /// <param name="port">The port.</param>
    /// <param name="index">Makes the name unique.</param>
    /// <param name="queues">One for each worker.</param>
    public static string Build(OpenPort port, int index, int queues)
    {
        PortSpecification specification = port.Specification;
        string device = specification.Driver switch
        {
            PortDriver.AfXdp => $"net_af_xdp{index},iface={specification.Interface},queue_count={queues}",
            PortDriver.AfPacket => $"net_af_packet{index},iface={specification.Interface},qpairs={queues},{PacketRing(port.Mtu)}",
            _ => "",
        };
        return string.Join(',', new[] { device, specification.Arguments }.Where(part => part.Length != 0));
    }

    /// <summary>Bytes that an mbuf of the port has to hold: with packet sockets all of a ring's frame.</summary>
    public static int FrameRoom(OpenPort port) =>
        port.Specification.Driver == PortDriver.AfPacket ? (int)PacketFrame(port.Mtu) : port.Mtu + HeaderRoom;

    private static string PacketRing(int mtu)
    {
        uint frame = PacketFrame(mtu);
        return $"framesz={frame},blocksz={Math.Max(frame, (uint)Environment.SystemPageSize)},framecnt={PacketFrames}";
    }

    /// <summary>
    /// A ring's frame that holds the MTU. The driver takes the frames for one array, while the kernel puts them into blocks of
    /// whole pages, whatever a page is here: frames fill their page, or pages their frame.
    /// </summary>
    private static uint PacketFrame(int mtu)
    {
        uint page = (uint)Environment.SystemPageSize;
        uint frame = BitOperations.RoundUpToPowerOf2((uint)(mtu + PacketHeader));
        return frame <= page ? frame : (uint)(mtu + PacketHeader + page - 1) / page * page;
    }
}
