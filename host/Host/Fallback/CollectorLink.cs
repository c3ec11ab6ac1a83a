using Microsoft.Extensions.Logging;
using OppTel.Host.Catalog;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Fallback;

/// <summary>
/// The way to the collector: greets it, agrees with it on the catalog, and sends critical values until they are acknowledged. What it
/// says never touches the lease. Belongs to the daemon's thread; counters are read by any.
/// </summary>
internal sealed class CollectorLink : IDisposable
{
    /// <summary>A collector answers several times a second while it hears us.</summary>
    private const ulong PeerTimeout = 1_500_000_000;

    private const ulong GreetInterval = 400_000_000;

    /// <summary>Without an answer for this long the name is looked up again.</summary>
    private const ulong LookupInterval = 30_000_000_000;

    private readonly ILogger logger;
    private readonly ulong instance;
    private readonly CollectorAddress address;
    private readonly CollectorSocket socket;
    private readonly BeaconGate gate;
    private readonly CollectorBook book;
    private readonly CatalogFrames frames;
    private readonly CriticalSlots critical;
    private readonly ISlotValues values;
    private (ulong, ulong) followed;
    private ulong heardAt;
    private ulong openedAt;
    private ulong greetedAt;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="address">The collector.</param>
    /// <param name="parts">What it shares with the way to the DPU.</param>
    /// <param name="frames">Encodes catalogs of critical metrics.</param>
    /// <param name="sender">Sends values.</param>
    public CollectorLink(CollectorAddress address, FallbackParts parts, CatalogFrames frames, DedicatedSender sender)
    {
        (this.address, this.frames, Sender) = (address, frames, sender);
        (logger, instance, critical, values) = (parts.Logger, parts.Instance, parts.Critical, parts.Values);
        socket = new CollectorSocket(address, parts.Key, instance);
        gate = new BeaconGate(parts.Key, instance);
        book = new CollectorBook(parts.Book, critical);
    }

    /// <summary>Sends values to the collector.</summary>
    public DedicatedSender Sender { get; }

    /// <summary>Received datagrams by verdict.</summary>
    public ulong[] Verdicts { get; } = new ulong[Enum.GetValues<BeaconVerdict>().Length];

    /// <summary>Datagrams that the kernel would not take, and times that the name could not be looked up.</summary>
    public ulong Failures => socket.SendFailures + socket.Failures;

    /// <summary>Whether the collector answered within the last second and a half.</summary>
    public bool IsHeard => heardAt != 0 && Native.Boottime - heardAt < PeerTimeout;

    /// <summary>Does what is due.</summary>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    /// <param name="sends">Whether values leave; otherwise it only gets ready for them.</param>
    public void Tick(ulong now, bool sends)
    {
        if (!IsHeard && now - openedAt > LookupInterval)
        {
            socket.Close();
            openedAt = now;
        }

        if (!socket.TryOpen())
            return;
        while (socket.TryReceive(out ReadOnlySpan<byte> packet))
            Take(packet, now);
        bool isHeard = heardAt != 0 && now - heardAt < PeerTimeout;
        if (!isHeard && heardAt != 0)
            Lose();
        if (now - greetedAt >= GreetInterval)
        {
            greetedAt = now;
            socket.Send(ControlKind.Heartbeat, [], isHeard ? (uint)gate.Instance : 0);
        }

        if (!isHeard)
            return;
        SendCatalog(now);
        if (sends && book.Epoch != 0)
            SendValues(now);
    }

    /// <summary>It is not needed any more.</summary>
    public void Rest()
    {
        if (heardAt != 0)
            Forget();
        socket.Close();
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private void Take(ReadOnlySpan<byte> packet, ulong now)
    {
        ulong before = gate.Instance;
        BeaconVerdict verdict = gate.JudgeDatagram(packet, out Beacon beacon);
        Verdicts[(int)verdict]++;
        if (verdict != BeaconVerdict.Accepted)
            return;
        if (before != gate.Instance && before != 0)
            Forget();
        if (heardAt == 0)
            logger.LogInformation("the collector at {Address} answers", address);
        heardAt = now;
        bool isOurs = beacon.HostInstance == instance;
        book.Acknowledge(isOurs, beacon.Epoch, now);
        if (isOurs)
            Sender.Acknowledge(beacon.Dedicated);
    }

    private void Lose()
    {
        logger.LogWarning("the collector at {Address} does not answer", address);
        Forget();
    }

    private void Forget()
    {
        heardAt = 0;
        book.Forget();
        Sender.Reset();
    }

    private void SendCatalog(ulong now)
    {
        if (book.Tick(now) is not { } change)
            return;
        IReadOnlyList<byte[]> messages = frames.Encode(change, CollectorSocket.MaxPayload, out IReadOnlyList<Entity> leftOut);
        book.Silence(leftOut);
        foreach (byte[] message in messages)
            socket.Send(ControlKind.Catalog, message, (uint)gate.Instance);
    }

    private void SendValues(ulong now)
    {
        if (followed != book.Version)
        {
            followed = book.Version;
            Sender.Follow(critical.Of(book.Explained));
        }

        Sender.Round(now, book.Epoch, values, CollectorSocket.MaxPayload, payload => socket.Send(ControlKind.Dedicated, payload, (uint)gate.Instance));
    }
}
