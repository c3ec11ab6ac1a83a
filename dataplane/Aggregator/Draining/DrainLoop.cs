using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Collecting;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Triggers.Actions;
using OppTel.Wire;

namespace OppTel.Aggregator.Draining;

/// <summary>
/// The one thread that takes records off the rings and feeds the receiver. It waits for nobody: what others want to see, it
/// publishes; the segment is its own.
/// </summary>
internal sealed class DrainLoop : IDisposable
{
    private const int BatchRecords = 1024;

    /// <summary>Empty rounds before the thread sleeps.</summary>
    private const int SpinRounds = 64;

    private const int UnattachedMilliseconds = 10;

    /// <summary>Heartbeat and acknowledgements: well within the 200 ms after which the dataplane takes the lease back.</summary>
    private const ulong TickNanoseconds = 20_000_000;

    private const ulong PublishNanoseconds = 100_000_000;
    private const ulong MaintainNanoseconds = 1_000_000_000;
    private const ulong AliveNanoseconds = 2_000_000_000;

    private readonly Attachment attachment;
    private readonly Receiver receiver;
    private readonly ILogger logger;
    private readonly Action<Exception> failed;
    private readonly ActivityMeter meter = new();
    private readonly RecordReceiver receive;
    private readonly Thread thread;
    private AggregatorView view = AggregatorView.Empty;
    private ulong nextTick;
    private ulong nextPublish;
    private ulong nextMaintain;
    private ulong unroutable;
    private ulong lastRound;
    private int ports;
    private bool stopping;

    /// <summary>Prepares the thread.</summary>
    /// <param name="path">The segment's path; null when there is no dataplane to drain.</param>
    /// <param name="receiver">Takes what is drained; belongs to this thread.</param>
    /// <param name="logger">For the few events of its life.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    public DrainLoop(string? path, Receiver receiver, ILogger<DrainLoop> logger, Action<Exception> failed)
    {
        attachment = new Attachment(path, (ulong)Random.Shared.NextInt64(1, long.MaxValue), logger);
        this.receiver = receiver;
        this.logger = logger;
        this.failed = failed;
        receive = Receive;
        IsAlone = path is null;
        thread = new Thread(Run) { Name = "drain" };
    }

    /// <summary>What hosts are asked to read more often.</summary>
    public BoostBook Boosts { get; init; } = new();

    /// <summary>The key of a pair, by its name; by default the receiver's.</summary>
    public Func<string, ControlKey>? KeyOfPair { get; init; }

    /// <summary>Takes what comes in datagrams; null for nothing.</summary>
    public Collector? Collector { get; init; }

    /// <summary>The state as of at most a tenth of a second ago.</summary>
    public AggregatorView View => Volatile.Read(ref view);

    /// <summary>Whether it has no dataplane to wait for.</summary>
    public bool IsAlone { get; }

    /// <summary>The last minutes by the second.</summary>
    public ActivityHistory History { get; } = new();

    /// <summary>Whether the thread goes round: it sleeps a millisecond at a time.</summary>
    public bool IsAlive => Elapsed.Between(Volatile.Read(ref lastRound), Boottime.Now) < AliveNanoseconds;

    /// <summary>Starts the thread.</summary>
    public void Start() => thread.Start();

    /// <summary>Asks the thread to end, and waits.</summary>
    public void Stop()
    {
        Volatile.Write(ref stopping, true);
        if (thread.IsAlive)
            thread.Join();
    }

    public void Dispose()
    {
        Stop();
        attachment.Dispose();
    }

    private void Run()
    {
        try
        {
            int empty = 0;
            while (!Volatile.Read(ref stopping))
            {
                empty = Round() == 0 ? empty + 1 : 0;
                if (empty > SpinRounds)
                    Thread.Sleep(attachment.Segment is null ? UnattachedMilliseconds : 1);
            }
        }
        catch (Exception exception)
        {
            logger.LogCritical(exception, "the drain thread failed");
            failed(exception);
        }
    }

    private int Round()
    {
        ulong now = Boottime.Now;
        Volatile.Write(ref lastRound, now);
        if (now >= nextTick)
            Tick(now);
        int read = 0;
        for (int ring = 0; ring < attachment.Rings; ring++)
            read += attachment.Drain(ring, BatchRecords, receive);
        return read + (Collector?.Drain() ?? 0);
    }

    private bool Receive(in RecordHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Port >= ports)
            unroutable++;
        else if (header.Kind == RecordKind.Trailer)
            receiver.TakeTrailer(header.Port, payload, header.Arrival);
        else if (header.Kind == RecordKind.Control)
            receiver.TakeControl(header.Port, payload, header.Arrival);
        else
            unroutable++;
        // A catalog can take milliseconds: a host that sends many must not keep the heartbeat, and so all leases, waiting.
        return header.Kind != RecordKind.Control;
    }

    private void Tick(ulong now)
    {
        nextTick = now + TickNanoseconds;
        receiver.Advance(now);
        if (attachment.TryAttach(now))
        {
            SharedSegment attached = attachment.Segment!;
            ports = attached.Ports;
            receiver.SetPorts([.. Enumerable.Range(0, ports).Select(attached.PortName)], now, TrustOf(attached));
        }

        if (attachment.Segment is { } segment)
        {
            for (int port = 0; port < ports; port++)
                HostViewWriter.Write(segment, port, receiver.HostOf(port), Boosts);
            // Last: whoever sees the heartbeat sees acknowledgements that are at least as new.
            Volatile.Write(ref segment.Header.AggregatorHeartbeat, now);
        }

        Collector?.Answer(now);
        if (now >= nextPublish)
            Publish(now);
    }

    private PortTrust[]? TrustOf(SharedSegment segment) => KeyOfPair is null ? null :
    [
        .. Enumerable.Range(0, segment.Ports).Select(port =>
            new PortTrust(KeyOfPair(segment.PairName(port)), segment.Port(port).RequiresTags != 0, segment.Header.Instance)),
    ];

    private void Publish(ulong now)
    {
        nextPublish = now + PublishNanoseconds;
        DataplaneSnapshot? dataplane = attachment.Segment is { } segment ? DataplaneSnapshot.Of(segment, now) : null;
        Activity activity = View.Activity;
        if (now >= nextMaintain)
        {
            nextMaintain = now + MaintainNanoseconds;
            receiver.Maintain(now);
            activity = meter.Next(dataplane, receiver.Hosts, now);
            History.Add(ActivityPoint.Of(activity, receiver.Hosts));
        }

        receiver.Publish();
        Volatile.Write(ref view, new AggregatorView(
            dataplane, activity, attachment.Attachments, attachment.Resyncs, attachment.Pending(), unroutable)
        {
            IsAlone = IsAlone,
            HostOfPort = [.. Enumerable.Range(0, ports).Select(receiver.HostOf)],
        });
    }
}
