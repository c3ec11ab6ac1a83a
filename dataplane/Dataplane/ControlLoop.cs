using OppTel.Configuration;
using OppTel.Dataplane.Steering;
using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire;
using OppTel.Worker;

namespace OppTel.Dataplane;

/// <summary>
/// What the control thread does while workers forward: heartbeats, beacons, device counters, a look at the links. It allocates nothing, because a
/// collection would stop the workers too.
/// </summary>
internal sealed unsafe class ControlLoop
{
    private const ulong TickNanoseconds = 5_000_000;
    private const ulong StatisticsNanoseconds = 500_000_000;

    /// <summary>Frames that were stamped before the last beacon still pass the workers within this time.</summary>
    private const ulong FarewellNanoseconds = 50_000_000;

    private readonly Forwarder forwarder;
    private readonly ServiceManager manager;
    private readonly BeaconComposer[] composers;
    private readonly LeaseGuard guard;
    private readonly LinkWatch links;
    private readonly SteeringWatch steering;
    private readonly KeyBook keys;
    private readonly ulong beaconInterval;
    private ulong nextBeacon;
    private ulong nextStatistics;

    /// <summary>Prepares the loop of an open forwarder.</summary>
    public ControlLoop(Forwarder forwarder, ServiceManager manager, DataplaneConfiguration configuration, KeyBook keys)
    {
        this.keys = keys;
        this.forwarder = forwarder;
        this.manager = manager;
        composers = [.. forwarder.HostPorts().Select(port =>
        {
            byte[] mac = new byte[6];
            forwarder.Ports[port].Port.CopyMac(mac);
            ControlKey key = keys.Of(configuration.Pairs[port / 2].Trust.KeyFile);
            return new BeaconComposer(mac, key, forwarder.Segment.Header.Instance, configuration.MaxTrailer, forwarder.Block(port), configuration.Pairs[port / 2].Flags)
            {
                Tags = forwarder.Tags[port / 2],
            };
        })];
        links = new LinkWatch(forwarder.Ports);
        steering = new SteeringWatch(forwarder, configuration.Pairs);
        guard = new LeaseGuard(forwarder.Segment, forwarder.Workers, configuration.Lease);
        beaconInterval = (ulong)configuration.BeaconInterval.Ticks * 100;
    }

    /// <summary>Runs until <paramref name="stop"/> is set, then takes the leases back and lets the last stamped frames pass.</summary>
    public void Run(ref bool stop)
    {
        manager.Ready();
        while (!Volatile.Read(ref stop))
            Tick(Lcore.Sleep(TickNanoseconds));
        manager.Stopping();
        PostBeacons(Boottime.Now, granted: false);
        _ = Lcore.Sleep(FarewellNanoseconds);
        UpdateStatistics();
    }

    private void Tick(ulong now)
    {
        Volatile.Write(ref forwarder.Segment.Header.DataplaneHeartbeat, now);
        if (guard.WorkersAdvance(now))
            manager.Alive(now);
        if (now >= nextBeacon)
        {
            nextBeacon = now + beaconInterval;
            PostBeacons(now, granted: true);
        }

        if (now >= nextStatistics)
        {
            nextStatistics = now + StatisticsNanoseconds;
            UpdateStatistics();
            links.Look();
            steering.Look();
            keys.Look(Tell);
        }
    }

    /// <summary>Only when a key file changed; what that allocates is a few kilobytes.</summary>
    private static void Tell(string message, bool isBad) => Console.Error.WriteLine($"opptel-dataplane: {message}");

    private void PostBeacons(ulong now, bool granted)
    {
        uint lease = granted ? guard.Grant(now) : 0;
        for (int index = 0; index < composers.Length; index++)
        {
            BeaconSlot slot = forwarder.Beacons[index];
            if (slot.TryBegin(out Span<byte> room))
                slot.Post(composers[index].Compose(room, now, lease));
        }
    }

    private void UpdateStatistics()
    {
        for (int index = 0; index < forwarder.Ports.Count; index++)
        {
            if (!forwarder.Ports[index].Port.TryGetStatistics(out PortStatistics statistics))
                continue;
            PortBlock* block = forwarder.Block(index);
            block->DeviceMissed = statistics.Missed;
            block->DeviceErrors = statistics.Errors;
            block->DeviceNoMbuf = statistics.NoMbuf;
            block->DeviceSendErrors = statistics.SendErrors;
        }
    }
}
