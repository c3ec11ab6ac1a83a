using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>Traffic of the host: datagrams of one size in bursts, and the time between those.</summary>
/// <param name="Name">Snake case.</param>
/// <param name="Datagrams">Of a burst; 0 for no traffic.</param>
/// <param name="Pause">From one burst to the next.</param>
/// <param name="Bytes">Payload of each.</param>
/// <param name="IsSegmented">Whether the kernel gets several as one, to be cut behind the hook (UDP_SEGMENT).</param>
internal sealed record Pattern(string Name, int Datagrams, TimeSpan Pause, int Bytes = 100, bool IsSegmented = false)
{
    private const int UdpLevel = 17, UdpSegment = 103, Segments = 4;

    /// <summary>Those of the issue, and one with enough carriers.</summary>
    public static IReadOnlyList<Pattern> All { get; } =
    [
        new("none", 0, TimeSpan.FromMilliseconds(100)),
        new("one_packet_a_second", 1, TimeSpan.FromSeconds(1)),
        new("bursts_with_pauses", 200, TimeSpan.FromSeconds(5)),
        new("only_gso", 1, TimeSpan.FromMilliseconds(5), IsSegmented: true),
        new("only_full_mtu", 1, TimeSpan.FromMilliseconds(5), Bytes: 1472),
        new("enough_carriers", 1, TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Whether every packet, or none, can be a carrier.</summary>
    public bool HasCarriers => Datagrams > 0 && !IsSegmented && Bytes < 1472;

    /// <summary>Sends for a while; tells the longest time in milliseconds from one burst to the next.</summary>
    public double Run(Testbed testbed, TimeSpan duration)
    {
        ulong last = Boottime.Now, longest = 0;
        using Socket socket = testbed.Host.Udp(AddressFamily.InterNetwork);
        if (IsSegmented)
            socket.SetRawSocketOption(UdpLevel, UdpSegment, BitConverter.GetBytes(Bytes));
        byte[] payload = new byte[IsSegmented ? Segments * Bytes : Bytes];
        IPEndPoint discard = new(IPAddress.Parse(Testbed.NetworkAddress), 9);
        for (long end = Environment.TickCount64 + (long)duration.TotalMilliseconds; Environment.TickCount64 < end;)
        {
            ulong now = Boottime.Now;
            (longest, last) = (Math.Max(longest, now - last), now);
            for (int datagram = 0; datagram < Datagrams; datagram++)
                _ = socket.SendTo(payload, discard);
            Thread.Sleep((int)Math.Clamp(Pause.TotalMilliseconds, 0, Math.Max(0, end - Environment.TickCount64)));
        }

        return longest / 1e6;
    }
}
