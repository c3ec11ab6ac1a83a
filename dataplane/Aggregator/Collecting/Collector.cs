using System.Net;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Aggregator.Collecting;

/// <summary>
/// Feeds the receiver with datagrams and answers them with beacons, which grant no lease. Belongs to the drain thread; allocates nothing in
/// steady state; counters are read by any thread.
/// </summary>
/// <param name="listener">Reads and verifies.</param>
/// <param name="key">Signs.</param>
/// <param name="receiver">Takes what hosts send.</param>
internal sealed class Collector(CollectorListener listener, ControlKey key, Receiver receiver)
{
    private const int BatchDatagrams = 256;

    /// <summary>Greetings that are answered in a tick: whoever recorded one can repeat it.</summary>
    private const int MostGreetings = 16;

    private const ulong AnswerSoon = 20_000_000;
    private const ulong AnswerInterval = 200_000_000;

    /// <summary>A datagram is worth being answered for so long.</summary>
    private const ulong Heard = 2_000_000_000;

    private readonly Dictionary<ulong, SocketAddress> addresses = [];
    private readonly ulong[] outcomes = new ulong[DatagramOutcomes.Count];
    private readonly byte[] packet = new byte[ControlHeader.Size + Beacon.FixedSize];
    private ulong counter;
    private ulong beacons;
    private ulong unsent;
    private int greetings;

    /// <summary>Beacons sent.</summary>
    public ulong Beacons => Volatile.Read(ref beacons);

    /// <summary>Beacons that the kernel did not take.</summary>
    public ulong BeaconsUnsent => Volatile.Read(ref unsent);

    /// <summary>Datagrams by what became of them.</summary>
    public ulong Outcome(DatagramOutcome outcome) => listener.Outcome(outcome) + Volatile.Read(ref outcomes[(int)outcome]);

    /// <summary>Takes some of the datagrams that wait; how many.</summary>
    public int Drain()
    {
        int taken = 0;
        for (; taken < BatchDatagrams && listener.Queue.TryPeek() is { } datagram; taken++)
        {
            bool isCatalog = Take(datagram);
            listener.Queue.Release();
            // A catalog can take milliseconds: the heartbeat that all leases hang on must not wait for many.
            if (isCatalog)
                return taken + 1;
        }

        return taken;
    }

    /// <summary>Answers whom it is time to answer; to be called many times a second.</summary>
    public void Answer(ulong now)
    {
        greetings = 0;
        foreach (RemoteSender sender in receiver.Senders)
        {
            if (addresses.TryGetValue(sender.Instance, out SocketAddress? address) && sender.TryAnswer(now, AnswerSoon, Heard, AnswerInterval))
                Send(sender.Acknowledgement(now), address);
        }

        if (addresses.Count > receiver.SenderCount)
            ForgetAddresses();
    }

    private bool Take(Datagram datagram)
    {
        ReadOnlySpan<byte> bytes = datagram.Bytes.AsSpan(0, datagram.Length);
        _ = ControlHeader.TryRead(bytes, out ControlHeader header);
        if (header.Echo == 0)
        {
            Greet(datagram);
            return false;
        }

        DatagramOutcome outcome = receiver.TakeDatagram(header, bytes[ControlHeader.Size..], datagram.Describe, datagram.Arrival, out RemoteSender? sender);
        outcomes[(int)outcome]++;
        if (outcome == DatagramOutcome.Accepted)
            Remember(sender!.Instance, datagram.Source);
        return header.Kind == ControlKind.Catalog;
    }

    /// <summary>Tells a host who is here; it knows then whom to address. Nothing is remembered of it.</summary>
    private void Greet(Datagram datagram)
    {
        outcomes[(int)DatagramOutcome.Greeted]++;
        if (greetings++ < MostGreetings)
            Send(new Beacon(datagram.Arrival, 0, 0, 0, 0, 0), datagram.Source);
    }

    /// <summary>A host is answered where it sent from last.</summary>
    private void Remember(ulong instance, SocketAddress source)
    {
        if (addresses.TryGetValue(instance, out SocketAddress? known) && known.Equals(source))
            return;
        SocketAddress copy = new(source.Family, source.Size);
        source.Buffer.Span[..source.Size].CopyTo(copy.Buffer.Span);
        addresses[instance] = copy;
    }

    private void ForgetAddresses()
    {
        HashSet<ulong> known = [.. receiver.Senders.Select(sender => sender.Instance)];
        foreach (ulong instance in addresses.Keys.Where(instance => !known.Contains(instance)))
            addresses.Remove(instance);
    }

    private void Send(in Beacon beacon, SocketAddress to)
    {
        new ControlHeader(ControlKind.Beacon, Beacon.FixedSize, listener.Instance, ++counter, IsDatagram: true).Write(packet);
        beacon.Write(packet.AsSpan(ControlHeader.Size));
        key.Sign(packet);
        if (listener.TrySend(packet, to))
            beacons++;
        else
            unsent++;
    }
}
