using OppTel.Host.Control;
using OppTel.Telemetry;

namespace OppTel.Model.Tests;

/// <summary>What really happened, beside what both sides believe; says what is wrong.</summary>
internal sealed class Truth
{
    private readonly Dictionary<ulong, SortedSet<uint>> arrived = [];
    private readonly HashSet<ulong> replaced = [];
    private ulong proven;
    private ulong promptSender;
    private ulong leaseSent;

    /// <summary>A new aggregator has counted nothing.</summary>
    public void Forget() => arrived.Clear();

    /// <summary>A new daemon has heard nothing.</summary>
    public void HostRestarted()
    {
        replaced.Clear();
        (proven, promptSender, leaseSent) = (0, 0, 0);
    }

    /// <summary>I1: nothing is stamped for longer than a lease, and the time for which its beacon may be held up, after that was sent.</summary>
    public void Stamped(Message trailer, HostSide host, ulong now)
    {
        const ulong longestLease = 300_000_000 + 400_000_000;
        Require(now < host.Lease.Until, "stamped without a lease");
        Require(promptSender == 0 || now - leaseSent < longestLease, $"stamped {(now - leaseSent) / 1_000_000} ms after the granting beacon was sent");
        Require(trailer.Sender == host.Instance, "stamped by a daemon that is gone");
    }

    /// <summary>I3: what was taken before, or comes from a dataplane that another one has replaced, changes nothing.</summary>
    public void Beacon(Message beacon, BeaconVerdict verdict, HostSide host, ulong untilBefore, ushort epochBefore, ulong now)
    {
        bool isOld = beacon.TakenBy.Contains(host.Instance) || replaced.Contains(beacon.Sender);
        Require(!isOld || verdict != BeaconVerdict.Accepted, "a beacon that is over is accepted");
        Require(!isOld || (host.Lease.Until == untilBefore && host.Book.StampedEpoch == epochBefore), "a beacon that is over changes something");
        Require(beacon.Grants == host.Instance || (host.Lease.Until <= untilBefore && (host.Book.StampedEpoch == 0 || host.Book.StampedEpoch == epochBefore)),
            "a beacon that grants nothing to this daemon gives it something");
        if (verdict != BeaconVerdict.Accepted || beacon.Grants != host.Instance)
            return;
        if (proven != 0 && proven != beacon.Sender)
            replaced.Add(proven);
        if (proven != beacon.Sender)
            promptSender = 0;
        proven = beacon.Sender;
        // Only against a beacon that came at once can a host tell that another one was held up.
        if (beacon.Sent == now)
            promptSender = beacon.Sender;
        leaseSent = beacon.Sent;
    }

    /// <summary>I2: a value is taken for what it is of. I5: what did not arrive between what did is counted.</summary>
    public void Arrived(Message trailer, IReadOnlyList<(string Entity, ulong Raw)> records, Receiver receiver)
    {
        foreach ((string entity, ulong raw) in records)
            Require(entity == $"{raw}", $"a value of entity {raw} is taken for one of {entity}");
        if (!arrived.TryGetValue(trailer.Sender, out SortedSet<uint>? numbers))
            arrived[trailer.Sender] = numbers = [];
        numbers.Add(trailer.Sequence);
        ulong gaps = 0;
        foreach (SortedSet<uint> sender in arrived.Values)
            gaps += sender.Max - sender.Min + 1 - (ulong)sender.Count;
        StreamCounts counts = receiver.HostOf(0)!.Streams.Total(0);
        Require(counts.Lost + (ulong)counts.Missing == gaps, $"{gaps} trailers did not arrive, {counts.Lost} are counted as lost and {counts.Missing} as missing");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new WrongException(what);
    }
}

/// <summary>Something is wrong in a world.</summary>
internal sealed class WrongException(string what) : Exception(what);
