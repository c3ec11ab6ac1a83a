using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Testbeds.Links;
using OppTel.Faults.Tests.Scenes;
using OppTel.Faults.Tests.Traffic;

namespace OppTel.Faults.Tests;

/// <summary>A host that uses all of its 65,536 slots: each value is right, also after losses and behind an aggregator that knew nothing.</summary>
public sealed class CatalogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Testbed testbed = new("af_xdp", faultyLink: true);
    private readonly FullCatalog catalog;

    public CatalogTests() => catalog = new FullCatalog(testbed);

    public void Dispose()
    {
        catalog.Dispose();
        testbed.Dispose();
    }

    [Fact]
    public void EverySlotIsUsedAndEachValueIsRight()
    {
        (_, RunningProgram aggregator, _) = testbed.StartAll();
        using BulkTransfer bulk = new(testbed.Host, Testbed.HostAddress, testbed.Network);
        RunningProgram processes = catalog.StartProcesses();
        Random random = new(3);
        catalog.Change(random);
        ExpectTruth();
        ExpectAllSlots();

        testbed.Link.Faults = new LinkFaults { Loss = 0.1 };
        catalog.Change(random);
        Thread.Sleep(1000);
        testbed.Link.Faults = LinkFaults.None;
        ExpectTruth();

        aggregator.Kill();
        catalog.Change(random);
        _ = testbed.StartAggregator();
        ExpectTruth();
        ExpectAllSlots();
        bulk.AssertGoesOn();
        processes.Kill();
    }

    private void ExpectTruth()
    {
        int wrong = 0;
        Poll.Until("the truth about all values", () => (wrong = catalog.CountWrong(testbed.DpuMetrics())) == 0, () => $"{wrong} are wrong\n{testbed.Logs()}", Patience);
    }

    /// <summary>Every process that has slots is shown, and so many have them as fit.</summary>
    private void ExpectAllSlots() => Poll.Until(
        "all processes",
        () => testbed.DpuMetrics().With("host", "testbed").Count(sample => sample.Name == "process_cpu_time_seconds_total" && sample.Labels.ContainsKey("process_pid")) >= catalog.Processes,
        testbed.Logs,
        Patience);
}
