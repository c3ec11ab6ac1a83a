using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Telemetry;
using OppTel.Telemetry.Entities;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Heavy hitters and numbers of entities against exact counts.</summary>
public class EntityTests
{
    private const ulong Second = 1_000_000_000;
    private const ulong Retention = 10 * Second;
    private static readonly Metric[] Metrics =
        [TestHost.Metric(1, "process_cpu_time_seconds_total", Kind.Counter), TestHost.Metric(2, "opptel_cgroup_cpu_time_seconds_total", Kind.Counter)];

    private readonly SeriesTable table = new(100_000, Retention, new HashSet<string>());
    private readonly EntityTally tally;
    private readonly HostCatalog catalog;
    private readonly TestHost host = new(1);
    private ushort epoch = 1;
    private ulong now = 600 * Second;

    public EntityTests()
    {
        tally = new EntityTally(table);
        catalog = new HostCatalog(table, new CatalogLimits(), (name, _) => new HostIdentity(name));
    }

    private EntityCounts Counts => Assert.Single(tally.Counts);

    [Fact]
    public void BoundsHoldTheTruthOverProcessesThatComeAndGo()
    {
        Random random = new(3);
        Dictionary<string, double> executables = [], cgroups = [];
        HashSet<string> processes = [];
        for (int round = 0; round < 60; round++)
        {
            // Each round has its own processes of 500 executables, few of which use most of the time.
            int[] alive = [.. Enumerable.Range(0, 100).Select(_ => (int)(500 * Math.Pow(random.NextDouble(), 3)))];
            Become([.. alive.Select((executable, index) => TestHost.Block(
                (uint)index, [1], ("process_pid", $"{(round * 100) + index}"), ("process_executable_name", $"e{executable}"), ("cgroup", "/a")))]);
            for (int index = 0; index < alive.Length; index++)
            {
                ulong used = (ulong)random.Next(1, 1000);
                Update(index, used / 2);
                Update(index, used);
                string name = $"e{alive[index]}";
                executables[name] = executables.GetValueOrDefault(name) + used;
                processes.Add($"{(round * 100) + index}");
            }

            Look();
        }

        Assert.Equal(20, Counts.Executables.Count);
        foreach (HeavyName top in Counts.Executables)
            Assert.InRange(executables[top.Name], top.Lower - 1e-6, top.Upper + 1e-6);
        string heaviest = executables.MaxBy(entry => entry.Value).Key;
        Assert.Contains(Counts.Executables, top => top.Name == heaviest);
        Assert.InRange(Counts.All[(int)EntityKind.Process], processes.Count * 0.93, processes.Count * 1.07);
        Assert.InRange(Counts.All[(int)EntityKind.Executable], executables.Count * 0.93, executables.Count * 1.07);
    }

    [Fact]
    public void AMinuteHasWhatSentRecordsInIt()
    {
        Become([.. Enumerable.Range(0, 50).Select(cgroup => TestHost.Block((uint)cgroup, [2], ("cgroup", $"/{cgroup}")))]);
        for (int cgroup = 0; cgroup < 50; cgroup++)
            Update(cgroup, 1);
        Look();
        now += 60 * Second;
        for (int cgroup = 0; cgroup < 10; cgroup++)
            Update(cgroup, 2);
        Look();
        Assert.Equal((50.0, 50.0), (Math.Round(Counts.LastMinute[(int)EntityKind.Cgroup]), Math.Round(Counts.All[(int)EntityKind.Cgroup])));
        now += 60 * Second;
        Look();
        Assert.Equal((10.0, 10.0), (Math.Round(Counts.LastMinute[(int)EntityKind.Cgroup]), Math.Round(Counts.LastMinute[(int)EntityKind.Series])));
        now += 180 * Second;
        Look();
        Assert.Equal((0.0, 50.0), (Counts.LastMinute[(int)EntityKind.Cgroup], Math.Round(Counts.All[(int)EntityKind.Cgroup])));
        Assert.Equal(("/0", 2.0, 2.0), (Counts.Cgroups[0].Name, Counts.Cgroups[0].Lower, Counts.Cgroups[0].Upper));
    }

    [Fact]
    public void ACounterThatBeginsAgainGoesOn()
    {
        Become(TestHost.Block(0, [2], ("cgroup", "/a")));
        foreach (ulong value in (ulong[])[100, 150, 20, 30])
        {
            Update(0, value);
            Look();
        }

        Assert.Equal(180, Assert.Single(Counts.Cgroups).Lower);
    }

    [Fact]
    public void HostsWithoutSeriesAreForgotten()
    {
        Become(TestHost.Block(0, [2], ("cgroup", "/a")));
        Update(0, 1);
        Look();
        Assert.Equal("alpha", Counts.Host);
        Become();
        now += Retention;
        table.Maintain(now);
        Look();
        Assert.Empty(tally.Counts);
    }

    private void Become(params Block[] blocks)
    {
        Assert.Equal(CatalogOutcome.Applied, catalog.Take(host.Whole(++epoch, Metrics, blocks).ToByteArray(), now));
        now += 1;
    }

    private void Update(int slot, ulong raw) => catalog.Find((ushort)slot, epoch)!.Update(raw, isSample: false, (long)++now, now);

    private void Look()
    {
        table.Publish();
        tally.Look(now);
        table.Maintain(now);
    }
}
