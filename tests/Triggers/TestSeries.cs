using OppTel.Aggregator.Tests;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Triggers.Tests;

/// <summary>Hosts that really sent their catalogs, on ports 0 and 1; slot i carries gauge "queue" of CPU i for i below 4, slot 4 the counter "drops_total".</summary>
internal sealed class TestSeries
{
    public const int Counter = 4;
    public const ulong Start = 1_000_000_000_000;
    private readonly TestHost[] hosts = [new TestHost(1) { Name = "alpha" }, new TestHost(2) { Name = "beta" }];

    public TestSeries()
    {
        Receiver.SetPorts(["p0", "p1"], Start);
        for (int port = 0; port < hosts.Length; port++)
            SendCatalog(port);
        Receiver.Publish();
    }

    public Receiver Receiver { get; } = new(new SeriesTable(1000, 1_000_000_000, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);

    /// <summary>A value of a slot arrives.</summary>
    public void Send(int port, int slot, ulong value, ulong now) =>
        Receiver.TakeTrailer(port, hosts[port].Trailer(0, 1, now, new ValueRecord((ushort)slot, value)), now);

    /// <summary>The host's daemon is another one.</summary>
    public void Restart(int port, ulong instance)
    {
        hosts[port] = new TestHost(instance) { Name = hosts[port].Name };
        SendCatalog(port);
        Receiver.Publish();
    }

    private void SendCatalog(int port)
    {
        Metric queue = TestHost.Metric(1, "queue", Kind.Gauge), drops = TestHost.Metric(2, "drops_total", Kind.Counter);
        Block[] blocks =
        [
            .. Enumerable.Range(0, Counter).Select(cpu => TestHost.Block((uint)cpu, [1], ("cpu", $"{cpu}"))),
            TestHost.Block(Counter, [2]),
        ];
        Receiver.TakeControl(port, hosts[port].Catalog(hosts[port].Whole(1, [queue, drops], blocks)), Start);
    }
}
