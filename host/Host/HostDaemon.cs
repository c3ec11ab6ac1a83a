using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Boosts;
using OppTel.Host.Catalog;
using OppTel.Host.Control;
using OppTel.Host.Fallback;
using OppTel.Host.Scheduling;
using OppTel.Host.Tunnels;
using OppTel.Wire;

namespace OppTel.Host;

/// <summary>
/// The daemon: one thread that takes beacons, keeps the lease in the kernel's state, agrees on the catalog and sends
/// heartbeats. It wakes for beacons, and by its tick.
/// </summary>
public sealed class HostDaemon : IDisposable
{
    /// <summary>It looks at everything at least this often, and at what waits in time for its deadline.</summary>
    public const ulong TickNanoseconds = 50_000_000;

    private const ulong WatchInterval = 1_000_000_000;
    private readonly HostConfiguration configuration;
    private readonly ILogger logger;
    private readonly Stack<IDisposable> owned = new();
    private readonly List<Uplink> uplinks = [];
    private readonly TunnelSet tunnels;
    private readonly EventRing<EntityEvent> events;
    private readonly EntityTracker tracker;
    private readonly CatalogFrames frames;
    private readonly KeyBook keys;
    private readonly BeaconGate gate;
    private readonly LeaseKeeper lease;
    private readonly HeartbeatSender heartbeats;
    private readonly ulong instance;
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
            keys = Own(new KeyBook(configuration.KeyFile));
            keys.ListenForHangup();
            ControlKey key = keys.Common;
            instance = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
            foreach (string name in configuration.Interfaces)
                uplinks.Add(Own(new Uplink(name, key, instance, logger)));
            tunnels = Own(new TunnelSet(configuration, logger));
            Kernel = Own(new HostKernel(configuration));
            Book = new CatalogBook(Kernel, (ushort)RandomNumberGenerator.GetInt32(1, ushort.MaxValue));
            Boosts = new Booster(configuration.Boost, new BoostTarget(Kernel, Book, logger));
            tracker = new EntityTracker(Kernel, Book, Own(new CgroupPaths()));
            gate = new BeaconGate(key, instance);
            lease = new LeaseKeeper((ulong)configuration.MaxLease.Ticks * 100);
            heartbeats = new HeartbeatSender(Kernel, Kernel.Classes.PlanHeartbeats(configuration.HeartbeatInterval));
            if (!key.IsSecret)
                logger.LogWarning("no key_file: anybody on this link can send beacons; make a key with: opptel-host keygen --out /etc/opptel/key");
            else
                logger.LogInformation("{Path}: {Keys}", configuration.KeyFile, KeyFile.Describe(key));
            events = Kernel.AttachSamplers(tracker.Handle);
            foreach ((string sampler, string reason) in Kernel.Samplers.Absent)
                logger.Log(Kernel.Samplers.Missing.Contains(sampler) ? LogLevel.Warning : LogLevel.Information, "sampler {Sampler} is absent: {Reason}", sampler, reason);
            tracker.Begin();
            foreach (string pattern in Kernel.Classes.Unmatched([.. Kernel.Samplers.Metrics.Select(metric => metric.Name), .. configuration.EbpfExporter?.MetricNames ?? []]))
                logger.LogWarning("classes: no metric is called {Pattern}", pattern);
            frames = new CatalogFrames(configuration.HostName, [.. Kernel.Samplers.Metrics]);
            if (configuration.Fallback is not null)
                Fallback = Own(new FallbackExporter(configuration, Kernel, Book, key, instance, logger));
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

    /// <summary>The secret shared with the DPU.</summary>
    public ControlKey Key => keys.Common;

    /// <summary>Gets critical metrics out when packets do not; null when it is not wanted.</summary>
    internal FallbackExporter? Fallback { get; }

    /// <summary>Received control frames by verdict.</summary>
    public ulong[] Verdicts { get; } = new ulong[Enum.GetValues<BeaconVerdict>().Length];

    /// <summary>Heartbeats sent, and the looks at what waits.</summary>
    public HeartbeatSender Heartbeats => heartbeats;

    /// <summary>Catalog frames sent.</summary>
    public ulong CatalogFramesSent { get; private set; }

    /// <summary>Times that the catalog was sent without an entity, since what explains it fits no frame.</summary>
    public ulong CatalogEntitiesLeftOut { get; private set; }

    /// <summary>Control frames that the kernel would not take.</summary>
    public ulong SendFailures => uplinks.Aggregate(0ul, (sum, uplink) => sum + uplink.SendFailures);

    /// <summary>All interfaces that packets are stamped on, and how; null where the program is not attached.</summary>
    internal IEnumerable<(string Name, AttachMode? Mode)> Attached => uplinks.Select(uplink => (uplink.Name, uplink.Mode)).Concat(tunnels.Attached);

    /// <summary>Whether a beacon came within the last second.</summary>
    public bool HearsDpu => lease.Hears(Native.Boottime);

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
            if (!hasFrames && now - ticked < TickNanoseconds)
            {
                Kernel.Samplers.Read(now, tracker, logger);
                if (now >= heartbeats.NextLook)
                    heartbeats.Look(Sockets.FirstOrDefault());
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
                keys.Look((message, isBad) => logger.Log(isBad ? LogLevel.Warning : LogLevel.Information, "{Message}", message));
                tunnels.Watch(Kernel, configuration.Attach);
                watched = now;
            }

            tracker.Sweep(now);
            Kernel.Samplers.Read(now, tracker, logger);
            if (!lease.Hears(now) && Book.StampedEpoch != 0)
                LosePeer();
            Boosts.Tick(now, HearsDpu);
            SendCatalog(now);
            heartbeats.Look(Sockets.FirstOrDefault());
            Fallback?.Tick(now, HearsDpu, Sockets, uplinks.Min(uplink => uplink.MaxPayload));
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

    /// <summary>Waits for a frame, the next tick, the next reading or the next deadline. Returns whether it was a frame.</summary>
    private unsafe bool WaitForFrames()
    {
        ulong now = Native.Boottime, left = TickNanoseconds - Math.Min(TickNanoseconds, now - ticked);
        left = Math.Min(left, heartbeats.NextLook - Math.Min(heartbeats.NextLook, now));
        // Poll passes over a negative descriptor.
        Native.PollEntry* entries = stackalloc Native.PollEntry[uplinks.Count];
        for (int index = 0; index < uplinks.Count; index++)
            entries[index] = new Native.PollEntry { Fd = uplinks[index].Control?.Fd ?? -1, Events = 1 };
        int timeout = (int)((Math.Min(left, Kernel.Samplers.ShortestInterval) + 999_999) / 1_000_000);
        return Native.Poll(entries, (nuint)uplinks.Count, timeout) > 0;
    }

    private void ReceiveBeacons(ControlSocket socket)
    {
        while (socket.TryReceive(out ReadOnlySpan<byte> frame))
        {
            BeaconVerdict verdict = gate.Judge(frame, Native.Boottime, out Beacon beacon, out ReadOnlySpan<byte> payload);
            Verdicts[(int)verdict]++;
            if (verdict == BeaconVerdict.Accepted)
            {
                Obey(beacon);
                TakeBoosts(beacon, payload);
                Fallback?.TakeBeacon(beacon, payload, beacon.HostInstance == instance, Native.Boottime);
            }
            else
            {
                TellOfStrangers(verdict);
            }
        }
    }

    private void TellOfStrangers(BeaconVerdict verdict)
    {
        if (HearsDpu || toldOfStrangers || verdict is not (BeaconVerdict.BadTag or BeaconVerdict.NoKey))
            return;
        toldOfStrangers = true;
        if (keys.Common.IsSecret)
            logger.LogWarning("beacons arrive that our key has not signed: is key_file the same here and on the DPU?");
        else
            logger.LogWarning("beacons arrive that want a secret key, and there is no key_file: nothing is appended; copy the DPU's, and name it here");
    }

    private void Obey(Beacon beacon)
    {
        ulong now = Native.Boottime;
        if (!lease.Hears(now))
            logger.LogInformation("a DPU is listening");
        toldOfStrangers = false;
        keys.Common.Follow(gate.Signer!);
        uplinks.ForEach(uplink => uplink.Echo = gate.Echo);
        // Before the lease: what leaves by it has to be found again, and to be what the DPU takes.
        Mark(beacon.Flags.HasFlag(BeaconFlags.Mark));
        Kernel.Tagging.Use(beacon.Flags.HasFlag(BeaconFlags.Tags) ? keys.Common.Signing.TrailerKey(instance) : null);
        bool understood = Book.Acknowledge(beacon.HostInstance == instance, beacon.Epoch, now);
        Kernel.MaxTrailer = Math.Min(configuration.MaxTrailer, (int)beacon.MaxTrailer);
        lease.Obey(beacon, gate.Instance, understood, now);
        Kernel.LeaseUntil = lease.Until;
    }

    private void Mark(bool asked)
    {
        if (Kernel.Marks.Asked != asked)
            logger.LogInformation("the DPU wants {Carriers}", asked ? "carriers marked: its cores see nothing else" : "no marks on carriers");
        Kernel.Marks.Asked = asked;
        foreach (ControlSocket socket in Sockets)
            socket.Marked = asked;
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
        logger.LogWarning("no beacon for {Seconds} s: nothing is appended until a DPU listens again", LeaseKeeper.PeerTimeout / 1_000_000_000);
        lease.End();
        Kernel.LeaseUntil = lease.Until;
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
}
