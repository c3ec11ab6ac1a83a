using System.Numerics;

namespace OppTel.Dataplane;

/// <summary>Arguments of the virtual devices behind kernel interfaces.</summary>
internal static class DeviceArguments
{
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

    /// <summary>Frames that hold the MTU, in blocks of whole pages, whatever a page is here.</summary>
    private static string PacketRing(int mtu)
    {
        uint frame = BitOperations.RoundUpToPowerOf2((uint)(mtu + PacketHeader));
        uint block = Math.Max(frame, (uint)Environment.SystemPageSize);
        return $"framesz={frame},blocksz={block},framecnt={PacketFrames}";
    }
}
