using System.Net;
using System.Net.Sockets;

namespace OppTel.Aggregator.Collecting;

/// <summary>One datagram's place.</summary>
internal sealed class Datagram
{
    /// <summary>Room for one: longer ones are not sent.</summary>
    public const int Most = 2048;

    /// <summary>Makes its place.</summary>
    public Datagram() => Describe = () => $"{new IPEndPoint(Source.Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0).Create(Source)}";

    /// <summary>Gives the source's address and port as text.</summary>
    public Func<string> Describe { get; }

    /// <summary>Its bytes.</summary>
    public byte[] Bytes { get; } = new byte[Most];

    /// <summary>Those that are used.</summary>
    public int Length { get; set; }

    /// <summary>Who sent it.</summary>
    public SocketAddress Source { get; set; } = new(AddressFamily.InterNetworkV6);

    /// <summary>CLOCK_BOOTTIME ns.</summary>
    public ulong Arrival { get; set; }
}

/// <summary>Datagrams on their way from one thread to one other; nobody waits, and nothing is allocated after the start.</summary>
internal sealed class DatagramQueue
{
    /// <summary>Datagrams that can wait.</summary>
    public const int Places = 512;

    private readonly Datagram[] places = [.. Enumerable.Range(0, Places).Select(_ => new Datagram())];
    private long written;
    private long read;

    /// <summary>A place to write to; null when all are taken.</summary>
    public Datagram? TryReserve() => written - Volatile.Read(ref read) == Places ? null : places[written % Places];

    /// <summary>Hands over the place that was reserved.</summary>
    public void Publish() => Volatile.Write(ref written, written + 1);

    /// <summary>The oldest one; null when there is none.</summary>
    public Datagram? TryPeek() => Volatile.Read(ref written) == read ? null : places[read % Places];

    /// <summary>Gives the oldest one's place back.</summary>
    public void Release() => Volatile.Write(ref read, read + 1);
}
