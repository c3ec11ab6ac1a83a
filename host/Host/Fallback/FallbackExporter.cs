using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Host.Catalog;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Fallback;

/// <summary>
/// The daemon's part that gets critical metrics out when packets do not: it looks at what beacons and the packet path say, lets the policy
/// decide, and sends. Belongs to the daemon's thread; its counters are read by any.
/// </summary>
internal sealed class FallbackExporter : IDisposable
{
    /// <summary>A daemon that stood still for longer saw nothing meanwhile.</summary>
    private const ulong LongestLook = 250_000_000;

    /// <summary>To agree with a DPU that is there takes a daemon that starts less than this.</summary>
    private const ulong LongestStart = 2_000_000_000;

    private readonly FallbackSettings settings;
    private readonly HostKernel kernel;
    private readonly CatalogBook book;
    private readonly ILogger logger;
    private readonly CriticalSlots critical;
    private readonly KernelValues values;
    private readonly CollectorLink? link;
    private readonly LossMeter meter = new();
    private readonly ulong[] switches = new ulong[Enum.GetValues<FallbackMode>().Length];
    private readonly StreamReport[] reports;
    private readonly ulong startedAt = Native.Boottime;
    private FallbackState state = FallbackState.Start;
    private ulong lookedAt;
    private ulong trailersSeen;
    private ulong followed;
    private int nextSocket;

    /// <summary>Sends nothing yet.</summary>
    /// <param name="configuration">Has a fallback.</param>
    /// <param name="kernel">The kernel side, its samplers attached.</param>
    /// <param name="book">The agreement with the DPU.</param>
    /// <param name="key">Signs datagrams, and verifies those of the collector.</param>
    /// <param name="instance">Random number of this process.</param>
    /// <param name="logger">Is told of every change.</param>
    public FallbackExporter(HostConfiguration configuration, HostKernel kernel, CatalogBook book, ControlKey key, ulong instance, ILogger logger)
    {
        settings = configuration.Fallback!;
        (this.kernel, this.book, this.logger) = (kernel, book, logger);
        critical = new CriticalSlots(settings, kernel.Classes.NameOf);
        values = new KernelValues(kernel);
        reports = new StreamReport[kernel.Streams.Count];
        Dedicated = new DedicatedSender(Interval, RandomNumber());
        if (settings.Collector is { } collector)
        {
            CatalogFrames frames = new(configuration.HostName, [.. kernel.Samplers.Metrics.Where(metric => settings.Takes(metric.Name))]);
            link = new CollectorLink(collector, new FallbackParts(key, instance, book, critical, values, logger), frames, new DedicatedSender(Interval, RandomNumber()));
        }

        Since = lookedAt = Native.Boottime;
        foreach (string pattern in settings.Unmatched([.. kernel.Samplers.Metrics.Select(metric => metric.Name), .. configuration.EbpfExporter?.MetricNames ?? []]))
            logger.LogWarning("fallback: no metric is called {Pattern}", pattern);
    }

    /// <summary>How critical metrics leave.</summary>
    public FallbackMode Mode => state.Mode;

    /// <summary>Why.</summary>
    public FallbackReason Reason => state.Reason;

    /// <summary>CLOCK_BOOTTIME ns of the last change.</summary>
    public ulong Since { get; private set; }

    /// <summary>Share of the trailers of late that did not arrive; null when too few left to tell.</summary>
    public double? Loss { get; private set; }

    /// <summary>Frames to the DPU.</summary>
    public DedicatedSender Dedicated { get; }

    /// <summary>The way to the collector; null when there is none.</summary>
    public CollectorLink? Collector => link;

    /// <summary>Changes to a mode.</summary>
    public ulong Switches(FallbackMode mode) => Volatile.Read(ref switches[(int)mode]);

    /// <summary>Takes in a beacon that was accepted.</summary>
    /// <param name="beacon">Its fixed part.</param>
    /// <param name="payload">All of it.</param>
    /// <param name="isOurs">Whether it names this daemon's instance.</param>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    public void TakeBeacon(in Beacon beacon, ReadOnlySpan<byte> payload, bool isOurs, ulong now)
    {
        if (!isOurs)
        {
            meter.Forget();
            return;
        }

        Dedicated.Acknowledge(beacon.Dedicated);
        int count = 0;
        for (int cpu = 0; cpu < reports.Length; cpu++)
        {
            if (Volatile.Read(ref kernel.Streams[cpu].Trailers) > 0 && ReportOf(cpu, beacon, payload) is { } report)
                reports[count++] = report;
        }

        meter.Observe(now, reports.AsSpan(0, count));
    }

    /// <summary>Decides, and sends what is due.</summary>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    /// <param name="isHeard">Whether beacons come.</param>
    /// <param name="sockets">Of the interfaces that are there.</param>
    /// <param name="maxPayload">Most bytes behind a control header there.</param>
    public void Tick(ulong now, bool isHeard, IEnumerable<ControlSocket> sockets, int maxPayload)
    {
        if (!isHeard)
            meter.Forget();
        bool hasLease = kernel.LeaseUntil > now;
        Decide(now, isHeard, hasLease);
        if (book.StampedEpoch == 0)
            ForgetDpu();
        else if (state.Mode == FallbackMode.Dedicated && isHeard && hasLease)
            SendToDpu(now, [.. sockets], maxPayload);
        // It gets ready as soon as the dataplane is missed.
        if (state.Mode == FallbackMode.Collector || state.Gone != FallbackState.No)
            link?.Tick(now, state.Mode == FallbackMode.Collector);
        else
            link?.Rest();
    }

    /// <inheritdoc/>
    public void Dispose() => link?.Dispose();

    private ulong Interval => (ulong)settings.Interval.Ticks * 100;

    private static uint RandomNumber() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    /// <summary>What a beacon says of one CPU's stream; null when it has no room for all streams, and this one is not in it.</summary>
    private StreamReport? ReportOf(int cpu, in Beacon beacon, ReadOnlySpan<byte> payload)
    {
        uint next = Volatile.Read(ref kernel.Streams[cpu].Sequence);
        for (int index = 0; index < beacon.Streams; index++)
        {
            if (Beacon.Stream(payload, index) is var stream && stream.Stream == cpu)
                return new StreamReport((ushort)cpu, next, true, stream.Highest, stream.Lost + stream.Missing);
        }

        return beacon.Streams == Beacon.MaxStreams ? null : new StreamReport((ushort)cpu, next, false, 0, 0);
    }

    private void Decide(ulong now, bool isHeard, bool hasLease)
    {
        ulong trailers = 0;
        for (int cpu = 0; cpu < kernel.Streams.Count; cpu++)
            trailers += Volatile.Read(ref kernel.Streams[cpu].Trailers);
        Loss = meter.Share(now);
        if (state == FallbackState.Start && !(isHeard && hasLease) && now - startedAt < LongestStart)
        {
            lookedAt = now;
            return;
        }

        FallbackMode before = state.Mode;
        state = FallbackPolicy.Next(
            state, new FallbackObservation((long)Math.Min(now - lookedAt, LongestLook), isHeard, hasLease, Loss, trailers != trailersSeen), settings.Rules);
        (lookedAt, trailersSeen) = (now, trailers);
        if (state.Mode == before)
            return;
        Since = now;
        switches[(int)state.Mode]++;
        Dedicated.Reset();
        logger.Log(
            state.Mode == FallbackMode.Piggyback ? LogLevel.Information : LogLevel.Warning, "critical metrics leave by {Mode} now, not by {Before}: {Reason}",
            Spelling.SnakeCase($"{state.Mode}"), Spelling.SnakeCase($"{before}"), Spelling.SnakeCase($"{state.Reason}"));
    }

    /// <summary>It knows nothing of what was acknowledged.</summary>
    private void ForgetDpu()
    {
        if (Dedicated.Slots == 0)
            return;
        Dedicated.Reset();
        Dedicated.Follow([]);
        followed = ulong.MaxValue;
    }

    private void SendToDpu(ulong now, ControlSocket[] sockets, int maxPayload)
    {
        if (sockets.Length == 0)
            return;
        if (followed != book.Version)
        {
            followed = book.Version;
            Dedicated.Follow(critical.Of(book.Explained));
        }

        // What is lost on one way may arrive by another.
        Dedicated.Round(now, book.StampedEpoch, values, maxPayload, payload => sockets[nextSocket++ % sockets.Length].Send(ControlKind.Dedicated, payload));
    }
}
