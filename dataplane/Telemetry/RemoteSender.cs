using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>A host that sends datagrams. Belongs to the receiver's thread.</summary>
/// <param name="instance">Random number of its process.</param>
/// <param name="host">What is known of it.</param>
/// <param name="window">Its counters that were there before it was forgotten.</param>
public sealed class RemoteSender(ulong instance, HostReceiver host, ReplayWindow window = default)
{
    private ReplayWindow window = window;
    private int unanswered;
    private ulong answeredAt;

    /// <summary>Random number of its process.</summary>
    public ulong Instance { get; } = instance;

    /// <summary>What is known of it, whatever way it comes by.</summary>
    public HostReceiver Host { get; internal set; } = host;

    /// <summary>Dedicated trailers that came in datagrams.</summary>
    public DedicatedWindow Dedicated { get; } = new();

    /// <summary>This side's clock when the last datagram arrived, in nanoseconds.</summary>
    public ulong LastArrival { get; internal set; }

    /// <summary>The beacon's acknowledgements for it.</summary>
    public Beacon Acknowledgement(ulong now) => new(now, Host.Instance, 0, Host.Catalog.Epoch, 0, 0, 0, BeaconFlags.None, Dedicated.Arrivals);

    /// <summary>Whether it is to be answered now: soon after a datagram, and now and then while it is heard.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="soon">Least time from one answer to the next.</param>
    /// <param name="heard">Time that one datagram is worth being answered for.</param>
    /// <param name="interval">Time from one answer to the next without another datagram.</param>
    public bool TryAnswer(ulong now, ulong soon, ulong heard, ulong interval)
    {
        ulong since = now - answeredAt;
        if (since < (unanswered > 0 ? soon : interval) || (unanswered == 0 && Elapsed.Between(LastArrival, now) > heard))
            return false;
        (unanswered, answeredAt) = (0, now);
        return true;
    }

    /// <summary>Its counters that were there.</summary>
    internal ReplayWindow Window => window;

    internal bool TryAccept(ulong counter)
    {
        if (!window.TryAccept(counter))
            return false;
        unanswered++;
        return true;
    }
}
