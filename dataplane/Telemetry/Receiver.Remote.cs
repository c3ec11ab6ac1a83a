using OppTel.Wire;

namespace OppTel.Telemetry;

/// <content>Hosts that send datagrams: each process of a host is one sender, from whatever address.</content>
public sealed partial class Receiver
{
    /// <summary>Senders that are gone and whose datagrams are still told from new ones.</summary>
    private const int RememberedSenders = 1024;

    private readonly Dictionary<ulong, RemoteSender> senders = [];
    private readonly Queue<ulong> goneOrder = new();
    private readonly Dictionary<ulong, ReplayWindow> gone = [];
    private int senderCount;

    /// <summary>Senders of datagrams at once; 0: none is taken.</summary>
    public int MaxSenders { get; init; }

    /// <summary>Silence after which a sender of datagrams is forgotten, in nanoseconds.</summary>
    public ulong SenderTimeout { get; init; } = 60_000_000_000;

    /// <summary>Senders of datagrams; for any thread.</summary>
    public int SenderCount => Volatile.Read(ref senderCount);

    /// <summary>Senders of datagrams, for the receiver's thread.</summary>
    public Dictionary<ulong, RemoteSender>.ValueCollection Senders => senders.Values;

    /// <summary>Takes a datagram of which the key is known to have signed it, for this run of this collector.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="from">Gives the source's address for the name of a host that has not said its own.</param>
    /// <param name="arrival">This side's clock, in nanoseconds.</param>
    /// <param name="sender">Who sent it, when it was taken.</param>
    public DatagramOutcome TakeDatagram(in ControlHeader header, ReadOnlySpan<byte> payload, Func<string> from, ulong arrival, out RemoteSender? sender)
    {
        if (!senders.TryGetValue(header.Instance, out sender))
        {
            if (senders.Count >= MaxSenders)
                return DatagramOutcome.TooManySenders;
            if (!(gone.TryGetValue(header.Instance, out ReplayWindow window) ? window : default).TryAccept(header.Counter))
                return DatagramOutcome.Replayed;
            sender = new RemoteSender(header.Instance, HostOf(header.Instance, from, arrival), window);
            senders.Add(header.Instance, sender);
            Volatile.Write(ref senderCount, senders.Count);
        }

        if (!sender.TryAccept(header.Counter))
            return DatagramOutcome.Replayed;
        sender.LastArrival = arrival;
        // Behind its port there may be another sender by now.
        if (sender.Host.Instance != header.Instance)
            sender.Host = HostOf(header.Instance, from, arrival);
        sender.Host.Datagrams = sender.Dedicated;
        Take(sender.Host, sender.Dedicated, header.Kind, payload, arrival);
        return DatagramOutcome.Accepted;
    }

    /// <summary>A sender that comes by a port as well is one host.</summary>
    private HostReceiver HostOf(ulong instance, Func<string> from, ulong now)
    {
        if (hosts.FirstOrDefault(host => host.Instance == instance) is { } known)
            return known;
        HostReceiver made = new($"udp:{from()}", Series, limits, ClaimName) { Number = added++ };
        made.Restart(instance, now);
        Volatile.Write(ref hosts, [.. hosts, made]);
        return made;
    }

    private bool IsBehindSomething(HostReceiver host) => byPort.Contains(host) || senders.Values.Any(sender => sender.Host == host);

    private void ExpireSenders(ulong now)
    {
        int before = senders.Count;
        foreach (RemoteSender sender in senders.Values)
        {
            if (Elapsed.Between(sender.LastArrival, now) < SenderTimeout)
                continue;
            senders.Remove(sender.Instance);
            if (!gone.ContainsKey(sender.Instance))
                goneOrder.Enqueue(sender.Instance);
            gone[sender.Instance] = sender.Window;
            if (goneOrder.Count > RememberedSenders)
                gone.Remove(goneOrder.Dequeue());
        }

        if (senders.Count == before)
            return;
        Volatile.Write(ref senderCount, senders.Count);
        DropOrphans(now);
    }
}
