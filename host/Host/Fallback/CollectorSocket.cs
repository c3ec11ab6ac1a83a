using System.Net;
using System.Net.Sockets;
using OppTel.Wire;

namespace OppTel.Host.Fallback;

/// <summary>
/// A UDP socket to the collector. Its name is looked up by another thread, since that may take seconds, and again after a while without
/// answer. Needs no capability.
/// </summary>
/// <param name="address">The collector.</param>
/// <param name="key">Signs.</param>
/// <param name="instance">Random number of this process.</param>
internal sealed class CollectorSocket(CollectorAddress address, ControlKey key, ulong instance) : IDisposable
{
    /// <summary>Most bytes behind a control header: with the headers of IPv6, UDP and control it fits 1500 bytes, and a tunnel around them.</summary>
    public const int MaxPayload = 1360;

    private readonly byte[] buffer = new byte[9216];
    private Task<IPAddress[]>? lookup;
    private Socket? socket;
    // Another socket counts on above the first one, or it would be taken for a replay.
    private ulong counter = Native.Boottime;

    /// <summary>Datagrams that the kernel would not take.</summary>
    public ulong SendFailures { get; private set; }

    /// <summary>Times that the name could not be looked up, or the socket not be opened.</summary>
    public ulong Failures { get; private set; }

    /// <summary>Opens it if it is closed, or begins to look up its name; whether it is open.</summary>
    public bool TryOpen()
    {
        if (socket is not null)
            return true;
        lookup ??= IPAddress.TryParse(address.Host, out IPAddress? ip) ? Task.FromResult<IPAddress[]>([ip]) : Dns.GetHostAddressesAsync(address.Host);
        if (!lookup.IsCompleted)
            return false;
        IPAddress[] found = lookup.IsCompletedSuccessfully ? lookup.Result : [];
        lookup = null;
        socket = found.Select(Connect).FirstOrDefault(connected => connected is not null);
        Failures += socket is null ? 1ul : 0;
        return socket is not null;
    }

    /// <summary>Closes it: its name may mean another address by now.</summary>
    public void Close()
    {
        socket?.Dispose();
        socket = null;
    }

    /// <summary>Gives the next waiting datagram; valid until the next call.</summary>
    public bool TryReceive(out ReadOnlySpan<byte> packet)
    {
        int length = socket?.Receive(buffer, SocketFlags.None, out SocketError error) ?? 0;
        packet = buffer.AsSpan(0, Math.Max(length, 0));
        return length > 0;
    }

    /// <summary>Signs and sends one control packet.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="payload">At most <see cref="MaxPayload"/> bytes.</param>
    /// <param name="recipient">Low half of the collector's instance; 0 when it is not known.</param>
    public void Send(ControlKind kind, ReadOnlySpan<byte> payload, uint recipient)
    {
        Span<byte> packet = stackalloc byte[ControlHeader.Size + payload.Length];
        new ControlHeader(kind, (ushort)payload.Length, instance, ++counter, recipient, IsDatagram: true).Write(packet);
        payload.CopyTo(packet[ControlHeader.Size..]);
        key.Sign(packet);
        SocketError error = SocketError.NotConnected;
        socket?.Send(packet, SocketFlags.None, out error);
        SendFailures += error == SocketError.Success ? 0ul : 1;
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private Socket? Connect(IPAddress ip)
    {
        Socket opened = new(ip.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        try
        {
            opened.Connect(ip, address.Port);
            return opened;
        }
        catch (SocketException)
        {
            // No route to it: the next address may have one, and the next look a new one.
            opened.Dispose();
            return null;
        }
    }
}
