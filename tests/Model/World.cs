using OppTel.Host.Control;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Model.Tests;

/// <summary>
/// A host, a DPU and the link between them, made of the real classes; it moves in <see cref="Step"/>s and checks at each that
/// nothing is wrong. The same steps lead to the same world.
/// </summary>
internal sealed class World
{
    /// <summary>The DPU booted at another time than the host.</summary>
    public const ulong ClockOffset = 500_000_000_000_000;

    public const ulong Tick = 100_000_000;

    private const ulong Began = 1_000_000_000_000_000;
    private static readonly ControlKey Key = ControlKey.FromBytes([.. Enumerable.Repeat((byte)9, 32)]);
    private static readonly Step[] All = Enum.GetValues<Step>();
    private readonly int[] counts = new int[All.Length];
    private readonly List<ulong> living = [];
    private readonly List<Message> ring = [];
    private readonly Truth truth = new();
    private ulong nextHost = 1, nextDpu = 100, nextEntity = 1;

    public World(SharedSegment segment)
    {
        Host = new HostSide(nextHost++, Key, living);
        Dpu = new DpuSide(segment, Key, nextDpu++, Now + ClockOffset);
    }

    public ulong Now { get; private set; } = Began;

    public HostSide Host { get; private set; }

    public DpuSide Dpu { get; }

    public Channel ToHost { get; } = new();

    public Channel ToDpu { get; } = new();

    /// <summary>Entities that live, the oldest first.</summary>
    public IReadOnlyList<ulong> Living => living;

    /// <summary>What waits for an aggregator that stands still.</summary>
    public IReadOnlyList<Message> Ring => ring;

    /// <summary>The oldest beacon with a lease, and the oldest catalog, that were ever sent.</summary>
    public Message? OldBeacon { get; private set; }

    public Message? OldCatalog { get; private set; }

    /// <summary>When a trailer of the present daemon was last read; 0 for never.</summary>
    public ulong Read { get; private set; }

    /// <summary>What became of frames, for messages.</summary>
    public string Counts => string.Join(", ", [
        .. Enum.GetValues<OppTel.Telemetry.ControlOutcome>().Select(outcome => $"{outcome} {Dpu.Receiver.Control(outcome)}"),
        .. Enum.GetValues<OppTel.Telemetry.CatalogOutcome>().Select(outcome => $"{outcome} {Dpu.Receiver.Catalog(outcome)}"),
        $"epochs {Host.Book.StampedEpoch} {Dpu.View.Epoch}, lease {Host.Lease.Until} at {Now}"]);

    public int Count(Step step) => counts[(int)step];

    /// <summary>What may happen now.</summary>
    public IEnumerable<Step> Next(Budget budget) => All.Where(step => IsPossible(step) && budget.Allows(step, Count));

    public void Do(Step step)
    {
        counts[(int)step]++;
        switch (step)
        {
            case Step.Time:
                PassTime();
                break;
            case Step.ToHost or Step.ToHostLost or Step.ToHostOvertaking:
                Message toHost = ToHost.Take(step == Step.ToHostOvertaking ? 1 : 0);
                if (step != Step.ToHostLost)
                    ArriveAtHost(toHost);
                break;
            case Step.ToHostDoubled:
                ArriveAtHost(ToHost.Messages[0]);
                break;
            case Step.ToDpu or Step.ToDpuLost or Step.ToDpuOvertaking:
                Message toDpu = ToDpu.Take(step == Step.ToDpuOvertaking ? 1 : 0);
                if (step != Step.ToDpuLost)
                    ArriveAtDpu(toDpu);
                break;
            case Step.ToDpuDoubled:
                ArriveAtDpu(ToDpu.Messages[0]);
                break;
            case Step.ReplayBeacon:
                ArriveAtHost(OldBeacon!);
                break;
            case Step.ReplayCatalog:
                ArriveAtDpu(OldCatalog!);
                break;
            default:
                Change(step);
                break;
        }
    }

    private bool IsPossible(Step step) => step switch
    {
        Step.ToHost or Step.ToHostDoubled or Step.ToHostLost => ToHost.Messages.Count > 0,
        Step.ToHostOvertaking => ToHost.Messages.Count > 1,
        Step.ToDpu or Step.ToDpuDoubled or Step.ToDpuLost => ToDpu.Messages.Count > 0,
        Step.ToDpuOvertaking => ToDpu.Messages.Count > 1,
        Step.Birth => Host.Kernel.HasRoom,
        Step.Death => living.Count > 0,
        Step.ReplayBeacon => OldBeacon is not null,
        Step.ReplayCatalog => OldCatalog is not null,
        _ => true,
    };

    private void Change(Step step)
    {
        switch (step)
        {
            case Step.RestartHost:
                Host = new HostSide(nextHost++, Key, living);
                Read = 0;
                truth.HostRestarted();
                break;
            case Step.RestartDataplane:
                Dpu.RestartDataplane(nextDpu++, Now + ClockOffset);
                break;
            case Step.RestartAggregator:
                ring.Clear();
                truth.Forget();
                Dpu.RestartAggregator(Now + ClockOffset);
                break;
            case Step.StallAggregator:
                Stall(!Dpu.IsStalled);
                break;
            case Step.Birth:
                living.Add(nextEntity);
                Host.Born(nextEntity++);
                break;
            case Step.Death:
                Host.Died(living[0], Now);
                living.RemoveAt(0);
                break;
        }
    }

    /// <summary>Has the aggregator stand still or go on.</summary>
    public void Stall(bool isStalled)
    {
        Dpu.IsStalled = isStalled;
        Message[] waiting = [.. ring];
        ring.Clear();
        Array.ForEach(waiting, ArriveAtDpu);
    }

    private void PassTime()
    {
        Now += Tick;
        foreach (Message catalog in Host.Tick(Now))
        {
            OldCatalog ??= catalog;
            ToDpu.Send(catalog);
        }

        // A packet leaves when the link can take one.
        if (ToDpu.HasRoom && Host.Stamp(Now) is { } trailer)
        {
            truth.Stamped(trailer, Host, Now);
            ToDpu.Send(trailer);
        }

        Message beacon = Dpu.Tick(Now + ClockOffset, Now);
        OldBeacon ??= beacon.Grants != 0 ? beacon : null;
        ToHost.Send(beacon);
    }

    private void ArriveAtHost(Message message)
    {
        (ulong until, ushort epoch) = (Host.Lease.Until, Host.Book.StampedEpoch);
        BeaconVerdict verdict = Host.Take(message.Bytes, Now);
        truth.Beacon(message, verdict, Host, until, epoch, Now);
        if (verdict == BeaconVerdict.Accepted)
            message.TakenBy.Add(Host.Instance);
    }

    private void ArriveAtDpu(Message message)
    {
        const int ringRoom = 3;
        if (Dpu.IsStalled)
        {
            if (ring.Count < ringRoom)
                ring.Add(message);
            return;
        }

        IReadOnlyList<(string Entity, ulong Raw)> records = Dpu.Take(message, Now + ClockOffset);
        if (message.Kind != MessageKind.Trailer)
            return;
        truth.Arrived(message, records, Dpu.Receiver);
        if (records.Count > 0 && message.Sender == Host.Instance)
            Read = Now;
    }
}
