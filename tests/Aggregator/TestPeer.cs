using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Aggregator.Tests;

/// <summary>A host that sends datagrams to a collector on loopback, and hears its beacons.</summary>
internal sealed class TestPeer : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 200 };
    private readonly ControlKey key;
    private ulong counter = 1000;

    public TestPeer(int port, ulong instance, ControlKey? key = null, string name = "alpha")
    {
        this.key = key ?? ControlKey.Public;
        Sender = new TestHost(instance, this.key) { Name = name };
        socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>The same host on a wire.</summary>
    public TestHost Sender { get; }

    /// <summary>Whom the collector's last beacon told of; 0 for nobody.</summary>
    public uint Recipient { get; private set; }

    public byte[] Packet(ControlKind kind, byte[] payload, uint recipient)
    {
        byte[] packet = new byte[ControlHeader.Size + payload.Length];
        new ControlHeader(kind, (ushort)payload.Length, Sender.Instance, ++counter, recipient, IsDatagram: true).Write(packet);
        payload.CopyTo(packet, ControlHeader.Size);
        key.Sign(packet);
        return packet;
    }

    public byte[] Send(ControlKind kind, byte[] payload)
    {
        byte[] packet = Packet(kind, payload, Recipient);
        socket.Send(packet);
        return packet;
    }

    public void Greet() => socket.Send(Packet(ControlKind.Heartbeat, [], 0));

    public byte[] Dedicate(uint number, ushort epoch, params ReadOnlySpan<ValueRecord> values) =>
        Send(ControlKind.Dedicated, TestHost.Trailer(DedicatedArrivals.Stream, number, epoch, Boottime.Now, values));

    /// <summary>Greets, and sends its catalog until it is acknowledged.</summary>
    public Beacon Agree(ushort epoch, Metric[] metrics, params Block[] blocks)
    {
        Until(_ => true);
        byte[] catalog = Sender.Whole(epoch, metrics, blocks).ToByteArray();
        return Until(beacon => beacon.HostInstance == Sender.Instance && beacon.Epoch == epoch, () => Send(ControlKind.Catalog, catalog));
    }

    /// <summary>Hears beacons until one satisfies; says something now and then.</summary>
    public Beacon Until(Predicate<Beacon> isWanted, Action? speak = null)
    {
        byte[] buffer = new byte[2048];
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(15);)
        {
            if (Recipient == 0)
                Greet();
            else
                (speak ?? (() => Send(ControlKind.Heartbeat, [])))();
            while (TryReceive(buffer, out int length))
            {
                Assert.True(key.Verify(buffer.AsSpan(0, length)));
                Assert.True(ControlHeader.TryRead(buffer.AsSpan(0, length), out ControlHeader header) && header.Kind == ControlKind.Beacon);
                Assert.True(Beacon.TryRead(buffer.AsSpan(ControlHeader.Size, header.PayloadLength), out Beacon beacon));
                Recipient = (uint)header.Instance;
                if (isWanted(beacon))
                    return beacon;
            }
        }

        throw new TimeoutException("no such beacon came");
    }

    public void Dispose() => socket.Dispose();

    private bool TryReceive(byte[] buffer, out int length)
    {
        length = socket.Receive(buffer, 0, buffer.Length, SocketFlags.None, out SocketError error);
        return error == SocketError.Success;
    }
}
