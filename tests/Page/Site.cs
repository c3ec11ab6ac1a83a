using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Page.Tests;

/// <summary>
/// The real aggregator with a host that speaks through the segment: processes that use CPU time and a run queue, each a few
/// hundred times a second.
/// </summary>
internal sealed class Site : IDisposable
{
    /// <summary>Markup, as anybody may call a program.</summary>
    public const string Hostile = "<b id=x>a</b>";

    private const ushort Epoch = 9, Cpu = 100, Cgroup = 110, Queue = 120;

    private static readonly Metric[] Metrics =
    [
        TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter, scale: 1e-9),
        TestHost.Metric(2, "opptel_cgroup_cpu_time_seconds_total", Kind.Counter, scale: 1e-9),
        TestHost.Metric(3, "opptel_runqueue_length", Kind.Gauge),
    ];

    private readonly TestHost host = new(77);
    private readonly CancellationTokenSource stop = new();
    private readonly ulong[] used = new ulong[2];
    private Task sending = Task.CompletedTask;
    private double load = 0.2;

    private Site(string extra) => Aggregator = new AggregatorProcess(extra);

    public AggregatorProcess Aggregator { get; }

    public TestDataplane Dataplane { get; private set; } = null!;

    public string Address => $"http://127.0.0.1:{Aggregator.Port}/";

    /// <summary>CPUs that the first process uses, and ten times that the length of the run queue.</summary>
    public double Load
    {
        set => Volatile.Write(ref load, value);
    }

    public static async Task<Site> Start(string extra = "")
    {
        Site site = new(extra);
        site.Dataplane = new TestDataplane(site.Aggregator.SegmentPath);
        await site.Aggregator.Start().Ready();
        site.Dataplane.Segment.Port(0).LeaseMilliseconds = 300;
        site.Dataplane.Control(site.Catalog());
        site.sending = Task.Run(site.Send);
        return site;
    }

    /// <summary>The host says nothing more, as if somebody had pulled its plug.</summary>
    public async Task Silence()
    {
        await stop.CancelAsync();
        await sending;
    }

    public void Dispose()
    {
        stop.Cancel();
        sending.Wait();
        stop.Dispose();
        Dataplane.Dispose();
        Aggregator.Dispose();
    }

    private byte[] Catalog() => host.Catalog(host.Whole(
        Epoch,
        Metrics,
        TestHost.Block(Cpu, [1], ("process_pid", "42"), ("process_executable_name", "nginx"), ("cgroup", "/system.slice/nginx.service")),
        TestHost.Block(Cpu + 1, [1], ("process_pid", "43"), ("process_executable_name", Hostile), ("cgroup", "/user.slice")),
        TestHost.Block(Cgroup, [2], ("cgroup", "/system.slice/nginx.service")),
        TestHost.Block(Cgroup + 1, [2], ("cgroup", "/user.slice")),
        TestHost.Block(Queue, [3], ("cpu", "0"))));

    private async Task Send()
    {
        ulong last = Boottime.Now;
        for (uint round = 0; !stop.IsCancellationRequested; round++)
        {
            ulong now = Boottime.Now;
            double share = Volatile.Read(ref load);
            used[0] += (ulong)((now - last) * share);
            used[1] += (now - last) / 20;
            last = now;
            ValueRecord[] values =
            [
                new(Cpu, used[0]), new(Cpu + 1, used[1]), new(Cgroup, used[0]), new(Cgroup + 1, used[1]),
                new(Queue, (ulong)(share * 10) + (round % 2)),
            ];
            Dataplane.Trailer(host.Trailer(0, Epoch, now, values), now + 50_000);
            await Task.Delay(2);
        }
    }
}
