using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Boosts;
using OppTel.Host.Catalog;
using OppTel.Host.Control;
using OppTel.Host.Tunnels;
using OppTel.Wire;

namespace OppTel.Host;

/// <summary>
/// The daemon: one thread that takes beacons, keeps the lease in the kernel's state, agrees on the catalog and sends
/// heartbeats. It wakes for beacons, and by its tick.
/// </summary>
public sealed class HostDaemon : IDisposable
{
    /// <summary>It looks at what is due at least this often, and more often where a maximum age asks for it.</summary>
    public const ulong TickNanoseconds = 50_000_000;

    private const ulong PeerTimeout = 1_000_000_000;
    private const ulong WatchInterval = 1_000_000_000;
    private readonly HostConfiguration configuration;
    private readonly ILogger logger;
    private readonly Stack<IDisposable> owned = new();
    private readonly List<Uplink> uplinks = [];
    private readonly TunnelSet tunnels;
    private readonly EventRing<EntityEvent> events;
    private readonly EntityTracker tracker;
    private readonly CatalogFrames frames;
    private readonly BeaconGate gate;
    private readonly HeartbeatPlan plan;
    private readonly ulong instance;
    private ulong peerSeen;
    private ulong watched;
    private ulong ticked;
    private bool toldOfStrangers;

    /// <summary>Loads, attaches and opens everything.</summary>
    /// <exception cref="OperatorException">Something that the operator can mend.</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public HostDaemon(HostConfiguration configuration, ILogger logger)
    {
        this.configuration = configuration;
        this.logger = logger;
        try
        {
            ControlKey key = ControlKeyFile.Load(configuration.KeyFile);
            instance = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
            foreach (string name in configuration.Interfaces)
                uplinks.Add(Own(new Uplink(name, key, instance, logger)));
            tunnels = Own(new TunnelSet(configuration, logger));
            Kernel = Own(new HostKernel(configuration));
            Book = new CatalogBook(Kernel, (ushort)RandomNumberGenerator.GetInt32(1, ushort.MaxValue));
            Boosts = new Booster(configuration.Boost, new BoostTarget(Kernel, Book, logger));
            tracker = new EntityTracker(Kernel, Book, Own(new CgroupPaths()));
            gate = new BeaconGate(key);
            plan = new HeartbeatPlan(
                (ulong)configuration.HeartbeatInterval.Ticks * 100,
                HeartbeatPlan.ValuesPerTrailer(configuration.MaxValues, configuration.RefreshValues),
                Kernel.Classes.Intervals);
            if (!key.IsSecret)
                logger.LogWarning("no key_file: anybody on this link can send beacons; make a key with: openssl rand -hex 32");
            events = Kernel.AttachSamplers(tracker.Handle);
            foreach ((string sampler, string reason) in Kernel.Samplers.Absent)
                logger.Log(Kernel.Samplers.Missing.Contains(sampler) ? LogLevel.Warning : LogLevel.Information, "sampler {Sampler} is absent: {Reason}", sampler, reason);
            tracker.Begin();
            foreach (string pattern in Kernel.Classes.Unmatched([.. Kernel.Samplers.Metrics.Select(metric => metric.Name), .. configuration.EbpfExporter?.MetricNames ?? []]))
                logger.LogWarning("classes: no metric is called {Pattern}", pattern);
            frames = new CatalogFrames(configuration.HostName, [.. Kernel.Samplers.Metrics]);
            uplinks.ForEach(uplink => uplink.Attach(Kernel, configuration.Attach));
            tunnels.Attach(Kernel, configuration.Attach);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The kernel side.</summary>
    public HostKernel Kernel { get; }

    /// <summary>The agreement with the DPU.</summary>
    public CatalogBook Book { get; }

    /// <summary>What the DPU has read more often.</summary>
    public Booster Boosts { get; }

    /// <summary>Received control frames by verdict.</summary>
    public ulong[] Verdicts { get; } = new ulong[Enum.GetValues<BeaconVerdict>().Length];

    /// <summary>Heartbeats sent.</summary>
    public ulong Heartbeats { get; private set; }

    /// <summary>Catalog frames sent.</summary>
    public ulong CatalogFramesSent { get; private set; }

    /// <summary>Times that the catalog was sent without an entity, since what explains it fits no frame.</summary>
    public ulong CatalogEntitiesLeftOut { get; private set; }

    /// <summary>Control frames that the kernel would not take.</summary>
    public ulong SendFailures => uplinks.Aggregate(0ul, (sum, uplink) => sum + uplink.SendFailures);

    /// <summary>All interfaces that packets are stamped on, and how; null where the program is not attached.</summary>
    internal IEnumerable<(string Name, AttachMode? Mode)> Attached => uplinks.Select(uplink => (uplink.Name, uplink.Mode)).Concat(tunnels.Attached);

    /// <summary>Whether a beacon came within the last second.</summary>
    public bool HearsDpu => peerSeen != 0 && Native.Boottime - peerSeen < PeerTimeout;

    /// <summary>What is left of the lease; zero when there is none.</summary>
    public TimeSpan Lease
    {
        get
        {
            ulong now = Native.Boottime, until = Kernel.LeaseUntil;
            return until > now ? TimeSpan.FromTicks((long)((until - now) / 100)) : TimeSpan.Zero;
        }
    }

    /// <summary>Gives up what only loading and attaching needed, in the whole process.</summary>
    /// <exception cref="OperatorException">The kernel refused.</exception>
    public void DropPrivileges()
    {
        IReadOnlyList<Capability> kept = Privileges.Drop(Kernel, configuration);
        logger.LogInformation("keeps no capabilities but {Kept}", string.Join(", ", kept.Select(capability => $"CAP_{Spelling.SnakeCase($"{capability}").ToUpperInvariant()}")));
    }

    /// <summary>Works until cancelled; then ends the lease.</summary>
    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            bool hasFrames = WaitForFrames();
            ulong now = Native.Boottime;
            // Readers look more often than the rest has to, and cost less.
            if (!hasFrames && now - ticked < Kernel.Classes.Tick)
            {
                Kernel.Samplers.Read(now, tracker, logger);
                continue;
            }

            ticked = now;
            foreach (ControlSocket socket in Sockets)
                ReceiveBeacons(socket);
            events.Consume();
            now = Native.Boottime;
            if (now - watched > WatchInterval)
            {
                uplinks.ForEach(uplink => uplink.Watch(Kernel, configuration.Attach));
                tunnels.Watch(Kernel, configuration.Attach);
                watched = now;
            }

            tracker.Sweep(now);
            Kernel.Samplers.Read(now, tracker, logger);
            if (now - peerSeen > PeerTimeout && Book.StampedEpoch != 0)
                LosePeer();
            Boosts.Tick(now, HearsDpu);
            SendCatalog(now);
            SendHeartbeats(now);
        }

        Kernel.LeaseUntil = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? resource))
            resource.Dispose();
    }

    private IEnumerable<ControlSocket> Sockets => uplinks.Select(uplink => uplink.Control).OfType<ControlSocket>();

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    /// <summary>Waits for a frame, the next tick or the next reading. Returns whether it was a frame.</summary>
    private unsafe bool WaitForFrames()
    {
        ulong tick = Kernel.Classes.Tick, passed = Math.Min(tick, Native.Boottime - ticked);
        // Poll passes over a negative descriptor.
        Native.PollEntry* entries = stackalloc Native.PollEntry[uplinks.Count];
        for (int index = 0; index < uplinks.Count; index++)
            entries[index] = new Native.PollEntry { Fd = uplinks[index].Control?.Fd ?? -1, Events = 1 };
        int timeout = (int)((Math.Min(tick - passed, Kernel.Samplers.ShortestInterval) + 999_999) / 1_000_000);
        return Native.Poll(entries, (nuint)uplinks.Count, timeout) > 0;
    }

    private void ReceiveBeacons(ControlSocket socket)
    {
        while (socket.TryReceive(out ReadOnlySpan<byte> frame))
        {
            BeaconVerdict verdict = gate.Judge(frame, out Beacon beacon, out ReadOnlySpan<byte> payload);
            Verdicts[(int)verdict]++;
            if (verdict == BeaconVerdict.Accepted)
            {
                Obey(beacon);
                TakeBoosts(beacon, payload);
            }
            else if (verdict == BeaconVerdict.BadTag && !HearsDpu && !toldOfStrangers)
            {
                toldOfStrangers = true;
                logger.LogWarning("beacons arrive that our key has not signed: is key_file the same here and on the DPU?");
            }
        }
    }

    private void Obey(Beacon beacon)
    {
        ulong now = Native.Boottime;
        if (now - peerSeen > PeerTimeout)
            logger.LogInformation("a DPU is listening");
        peerSeen = now;
        toldOfStrangers = false;
        bool understood = Book.Acknowledge(beacon.HostInstance == instance, beacon.Epoch, now);
        Kernel.MaxTrailer = Math.Min(configuration.MaxTrailer, (int)beacon.MaxTrailer);
        ulong most = (ulong)configuration.MaxLease.Ticks * 100;
        ulong lease = Math.Min(beacon.LeaseMilliseconds * 1_000_000ul, most);
        // Without a catalog on the other side nobody could read what would be appended.
        Kernel.LeaseUntil = understood && lease > 0 ? now + lease : 0;
    }

    /// <summary>Of another daemon's catalog, metrics are others.</summary>
    private void TakeBoosts(Beacon beacon, ReadOnlySpan<byte> payload)
    {
        Span<BeaconBoost> wishes = stackalloc BeaconBoost[beacon.HostInstance == instance ? beacon.Boosts : 0];
        for (int index = 0; index < wishes.Length; index++)
            wishes[index] = beacon.Boost(payload, index);
        Boosts.Ask(wishes, Native.Boottime);
    }

    private void LosePeer()
    {
        logger.LogWarning("no beacon for {Seconds} s: nothing is appended until a DPU listens again", PeerTimeout / 1_000_000_000);
        Kernel.LeaseUntil = 0;
        Book.Forget();
    }

    private void SendCatalog(ulong now)
    {
        if (Book.Tick(now, HearsDpu) is not { } change)
            return;
        IReadOnlyList<byte[]> messages = frames.Encode(change, uplinks.Min(uplink => uplink.MaxPayload), out IReadOnlyList<Entity> leftOut);
        Book.Silence(leftOut);
        CatalogEntitiesLeftOut += (ulong)leftOut.Count;
        foreach (byte[] message in messages)
        {
            foreach (ControlSocket socket in Sockets)
            {
                socket.Send(ControlKind.Catalog, message);
                CatalogFramesSent++;
            }
        }
    }

    private void SendHeartbeats(ulong now)
    {
        ulong trailers = 0;
        for (int cpu = 0; cpu < Kernel.Streams.Count; cpu++)
            trailers += Volatile.Read(ref Kernel.Streams[cpu].Trailers);
        for (int due = plan.Next(now, Kernel.LeaseUntil > now, trailers, Kernel.Due); due > 0; due--)
        {
            if (Sockets.FirstOrDefault() is not { } socket)
                return;
            socket.Send(ControlKind.Heartbeat, []);
            Heartbeats++;
        }
    }
}
