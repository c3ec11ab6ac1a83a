using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>
/// Everything that arrives from all hosts, by the port it came through. Used by one thread; counters, series and
/// <see cref="Hosts"/> are read by any. Has no clock of its own.
/// </summary>
public sealed partial class Receiver
{
    /// <summary>A host that has been silent for this long gives up its name to another sender, in nanoseconds.</summary>
    private const ulong NameTimeout = 10_000_000_000;

    private readonly CatalogLimits limits;
    private readonly ControlKey key;
    private readonly ulong[] control = new ulong[ControlOutcomes.Count];
    private readonly ulong[] catalog = new ulong[CatalogOutcomes.Count];
    private HostReceiver?[] byPort = [];
    private ControlGate[] gates = [];
    private PortTrust[] trust = [];
    private string[] ports = [];
    private HostReceiver[] hosts = [];
    private ushort added;

    /// <summary>A receiver without ports.</summary>
    /// <param name="series">Where the series live.</param>
    /// <param name="limits">What hosts may ask for.</param>
    /// <param name="key">Verifies control frames.</param>
    public Receiver(SeriesTable series, CatalogLimits limits, ControlKey key)
    {
        Series = series;
        this.limits = limits;
        this.key = key;
    }

    /// <summary>The series of all hosts.</summary>
    public SeriesTable Series { get; }

    /// <summary>All hosts that were ever heard.</summary>
    public IReadOnlyList<HostReceiver> Hosts => Volatile.Read(ref hosts);

    /// <summary>Control frames by what became of them.</summary>
    public ulong Control(ControlOutcome outcome) => Volatile.Read(ref control[(int)outcome]);

    /// <summary>Catalog frames by what became of them.</summary>
    public ulong Catalog(CatalogOutcome outcome) => Volatile.Read(ref catalog[(int)outcome]);

    /// <summary>The host behind a port; null when nothing came from there.</summary>
    public HostReceiver? HostOf(int port) => byPort[port];

    /// <summary>Names the ports of a dataplane; hosts stay with the port of the same name.</summary>
    /// <param name="names">Unique.</param>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    /// <param name="trusts">Whom to believe on each of them; null: whoever has the common key.</param>
    public void SetPorts(IReadOnlyList<string> names, ulong now, IReadOnlyList<PortTrust>? trusts = null)
    {
        trust = [.. trusts ?? [.. names.Select(_ => new PortTrust(key))]];
        byPort = [.. names.Select(name => Array.IndexOf(ports, name) is var index and >= 0 ? byPort[index] : null)];
        gates = [.. names.Select((name, port) => GateOf(name, trust[port]))];
        ports = [.. names];
        DropOrphans(now);
    }

    /// <summary>Takes one trailer; allocates nothing in steady state.</summary>
    /// <param name="port">Index into the names.</param>
    /// <param name="trailer">Exactly its bytes.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    public void TakeTrailer(int port, ReadOnlySpan<byte> trailer, ulong arrival)
    {
        gates[port].Hear(arrival);
        (byPort[port] ?? Add(port)).Take(trailer, arrival, trust[port].RequiresTags);
    }

    /// <summary>Takes one control frame.</summary>
    /// <param name="port">Index into the names.</param>
    /// <param name="frame">Ethernet frame without trailer.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    public void TakeControl(int port, ReadOnlySpan<byte> frame, ulong arrival)
    {
        ControlOutcome outcome = gates[port].Admit(frame, arrival, out ControlHeader header, out ReadOnlySpan<byte> payload);
        control[(int)outcome]++;
        if (outcome != ControlOutcome.Accepted)
            return;
        HostReceiver host = Identify(port, header.Instance, arrival);
        Take(host, host.Dedicated, header.Kind, payload, arrival);
    }

    /// <summary>Ends an interval of about a second: ages roll, series expire.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    public void Maintain(ulong now)
    {
        foreach (HostReceiver host in hosts)
            host.Ages.Roll();
        ExpireSenders(now);
        Series.Maintain(now);
    }

    /// <summary>Ends windows that ended; to be called many times a second. Allocates nothing.</summary>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    public void Advance(ulong now) => Series.Distributions?.Advance(now);

    /// <summary>Makes the state of this moment visible to other threads: streams, ages and new series.</summary>
    public void Publish()
    {
        foreach (HostReceiver host in hosts)
        {
            host.PublishStreams();
            host.Ages.Publish();
        }

        Series.Publish();
    }

    /// <summary>A port's gate remembers who was heard, for as long as the port has the same key.</summary>
    private ControlGate GateOf(string name, PortTrust trusted)
    {
        int known = Array.IndexOf(ports, name);
        if (known < 0 || gates[known].Trust.Key != trusted.Key)
            return new ControlGate(trusted);
        gates[known].Trust = trusted;
        return gates[known];
    }

    /// <summary>The host that a sender belongs to: one sender may use several ports.</summary>
    private HostReceiver Identify(int port, ulong instance, ulong now)
    {
        HostReceiver? host = byPort[port];
        if (host?.Instance == instance)
            return host;
        if (hosts.FirstOrDefault(other => other.Instance == instance) is { } same)
        {
            byPort[port] = same;
            DropOrphans(now);
            return same;
        }

        if (host is null || byPort.Count(other => other == host) > 1)
            host = Add(port);
        host.Restart(instance, now);
        DropOrphans(now);
        return host;
    }

    /// <summary>Takes what is new and authentic.</summary>
    private void Take(HostReceiver host, DedicatedWindow dedicated, ControlKind kind, ReadOnlySpan<byte> payload, ulong arrival)
    {
        if (kind == ControlKind.Catalog)
            catalog[(int)host.TakeCatalog(payload, arrival)]++;
        else if (kind == ControlKind.Dedicated)
            host.TakeDedicated(payload, dedicated, arrival);
        else
            host.Touch(arrival);
    }

    private HostReceiver Add(int port)
    {
        HostReceiver host = new(ports[port], Series, limits, ClaimName) { Number = added++ };
        byPort[port] = host;
        Volatile.Write(ref hosts, [.. hosts, host]);
        return host;
    }

    /// <summary>A host without a port is one that came back on another: what it had ends.</summary>
    private void DropOrphans(ulong now)
    {
        foreach (HostReceiver orphan in hosts.Where(host => !IsBehindSomething(host)))
            orphan.Catalog.Restart(now);
        Volatile.Write(ref hosts, [.. hosts.Where(IsBehindSomething)]);
    }

    private HostIdentity? ClaimName(string name, ulong now)
    {
        HostReceiver? owner = hosts.FirstOrDefault(host => host.Catalog.Host?.Name == name);
        if (owner is null)
            return new HostIdentity(name);
        if (Elapsed.Between(owner.LastArrival, now) < NameTimeout)
            return null;
        owner.Catalog.Restart(now);
        return new HostIdentity(name);
    }
}
