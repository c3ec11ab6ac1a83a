using OppTel.Bpf;
using OppTel.Host.Catalog;

namespace OppTel.Host.Survey;

/// <summary>How far a survey is.</summary>
/// <param name="Elapsed">Since it began.</param>
/// <param name="Packets">Seen so far.</param>
/// <param name="Carriers">Among them.</param>
public readonly record struct SurveyProgress(TimeSpan Elapsed, ulong Packets, ulong Carriers);

/// <summary>One survey, from attaching the counting program to the report.</summary>
public sealed class Surveyor : IDisposable
{
    // The trace holds many times what leaves meanwhile.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    // Longer than a CPU takes from reading its clock to writing the entry, but for one that is stopped in between.
    private const ulong Settling = 5_000_000;
    private const ulong NamesInterval = 1_000_000_000;

    private readonly SurveyOptions options;
    private readonly HostInterface device;
    private readonly IDisposable claim;
    private readonly CgroupPaths paths = new();
    private readonly CgroupNames names;
    private readonly SurveyKernel kernel;
    private readonly List<Estimator> estimators;
    private ulong last;
    private ulong met;

    /// <summary>Loads the counting program; nothing is attached yet.</summary>
    /// <exception cref="OppTel.Configuration.OperatorException">The interface is not there, another survey has it, or the kernel refused.</exception>
    public Surveyor(SurveyOptions options)
    {
        this.options = options;
        device = HostInterface.Find(options.Interface, "--interface");
        claim = InterfaceClaim.Take("opptel-host survey", options.Interface, "wait for its end");
        try
        {
            kernel = new SurveyKernel(options.BpfDirectory);
        }
        catch
        {
            claim.Dispose();
            paths.Dispose();
            throw;
        }

        names = new CgroupNames(paths);
        estimators = [.. options.Metrics.Select(metrics => new Estimator(metrics, options, device.Mtu))];
    }

    /// <summary>Counts until the time is over, somebody stops it or the interface goes away.</summary>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="BpfException">The kernel refused to attach.</exception>
    public SurveyReport Run(Action<SurveyProgress> progress, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(progress);
        kernel.Attach(options.Interface, device.Index, options.Attach);
        DateTimeOffset started = DateTimeOffset.UtcNow;
        ulong since = Native.Boottime;
        CarrierTrace trace = kernel.Begin(since, options.MinGap);
        SurveyEnd? end = null;
        while (end is null)
        {
            bool isStopped = stop.WaitHandle.WaitOne(Wait(since));
            ulong now = Native.Boottime - since;
            trace.Drain(now < Settling ? 0 : now - Settling, Carry);
            MeetCgroups(now);
            progress(Progress(now));
            end = Ended(isStopped, now);
        }

        kernel.End();
        ulong elapsed = Native.Boottime - since;
        kernel.Detach();
        trace.Drain(ulong.MaxValue, Carry);
        return Report(started, Math.Max(elapsed, last), end.Value, trace);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        kernel.Dispose();
        paths.Dispose();
        claim.Dispose();
    }

    private TimeSpan Wait(ulong since)
    {
        // Rounded up: what is waited for has come then.
        TimeSpan left = options.Duration - TimeSpan.FromMilliseconds((Native.Boottime - since) / 1_000_000);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < Tick ? left : Tick;
    }

    private SurveyEnd? Ended(bool isStopped, ulong now)
    {
        if (isStopped)
            return SurveyEnd.Interrupted;
        if (Native.InterfaceIndex(options.Interface) != device.Index)
            return SurveyEnd.InterfaceGone;
        return now >= (ulong)options.Duration.Ticks * 100 ? SurveyEnd.Completed : null;
    }

    private void MeetCgroups(ulong now)
    {
        if (now - met < NamesInterval)
            return;
        met = now;
        names.Meet(kernel.Cgroups.Keys);
    }

    private SurveyProgress Progress(ulong now)
    {
        ReportBuilder builder = new(kernel.Cpus, now * 1e-9);
        return new SurveyProgress(TimeSpan.FromTicks((long)now / 100), builder.Packets, builder.Carriers);
    }

    private void Carry(ulong time, int room)
    {
        last = time;
        foreach (Estimator estimator in estimators)
            estimator.Carry(time, room);
    }

    private SurveyReport Report(DateTimeOffset started, ulong elapsed, SurveyEnd end, CarrierTrace trace)
    {
        double seconds = elapsed * 1e-9;
        Dictionary<ulong, SurveyTally> cgroups = kernel.Cgroups;
        names.Meet(cgroups.Keys);
        ReportBuilder builder = new(kernel.Cpus, seconds);
        return new SurveyReport
        {
            Program = Commands.Release,
            Host = Environment.MachineName,
            Interface = options.Interface,
            MtuBytes = device.Mtu,
            AttachedBy = kernel.Mode,
            Started = started,
            DurationSeconds = seconds,
            PlannedSeconds = options.Duration.TotalSeconds,
            Ended = end,
            Trailer = new TrailerReport(
                options.Budget.MaxTrailer,
                options.Budget.MaxValues,
                TrailerBudget.Smallest,
                options.Budget.Longest,
                options.MinGap.TotalSeconds,
                options.MaxAge.TotalSeconds),
            Packets = builder.PacketTraffic(),
            Frames = builder.FrameTraffic(),
            UnsplitPackets = builder.Unsplit,
            Room = builder.Room(options.Budget),
            Carriers = builder.CarrierTraffic(trace.Lost, names.Name(cgroups)),
            Refusals = builder.Refusals(),
            Gaps = builder.Gaps(trace),
            Estimates = [.. estimators.Select(estimator => estimator.Finish(elapsed))],
        };
    }
}
