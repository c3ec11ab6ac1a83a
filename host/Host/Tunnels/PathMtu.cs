using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OppTel.Host.Tunnels;

/// <summary>What the kernel's routes say about the way to an address.</summary>
internal static class PathMtu
{
    private const int Ipv4Level = 0;
    private const int Ipv4Mtu = 14;
    private const int Ipv6Level = 41;
    private const int Ipv6Mtu = 24;

    /// <summary>Bytes of a packet that is not fragmented on its way out of here; null without a route. Sends nothing.</summary>
    public static int? To(IPAddress address)
    {
        bool isSix = address.AddressFamily == AddressFamily.InterNetworkV6;
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, 9);
            Span<byte> value = stackalloc byte[sizeof(int)];
            _ = socket.GetRawSocketOption(isSix ? Ipv6Level : Ipv4Level, isSix ? Ipv6Mtu : Ipv4Mtu, value);
            return BinaryPrimitives.ReadInt32LittleEndian(value);
        }
        catch (SocketException)
        {
            // No way there: nothing leaves, and nothing has to fit.
            return null;
        }
    }
}
