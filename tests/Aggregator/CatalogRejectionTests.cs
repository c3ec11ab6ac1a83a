using CsCheck;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Telemetry;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

public class CatalogRejectionTests
{
    private static readonly CatalogLimits Limits = new() { Metrics = 4, Labels = 3, NameLength = 20, ValueLength = 20, HelpLength = 20, Parts = 4, PendingBytes = 4000 };

    private readonly SeriesTable table = new(100, 1_000_000_000, new HashSet<string>());
    private readonly HostCatalog catalog;

    public CatalogRejectionTests()
    {
        catalog = new HostCatalog(table, Limits, (name, _) => name == "taken" ? null : new HostIdentity(name));
        Assert.Equal(CatalogOutcome.Applied, catalog.Take(Good().ToByteArray(), 1));
    }

    [Fact]
    public void WhatWaitsForItsSiblingsTakesNoMoreMemoryThanAllowed()
    {
        const int Allowed = 8 << 20;
        HostCatalog target = new(table, new CatalogLimits { PendingBytes = Allowed }, (name, _) => new HostIdentity(name));
        TestHost host = new(1);
        byte[][] parts = [.. Enumerable.Range(0, 60).Select(number =>
        {
            CatalogUpdate part = host.Whole(1, [], [.. Enumerable.Range(0, 1000).Select(slot => TestHost.Block((uint)slot, [1], ("a", "")))]);
            (part.Part, part.Parts) = ((uint)number, 100);
            return part.ToByteArray();
        })];
        _ = CatalogUpdate.Parser.ParseFrom(parts[0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = CatalogUpdate.Parser.ParseFrom(parts[0]);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        int waiting = parts.TakeWhile(part => target.Take(part, 1) == CatalogOutcome.Waiting).Count();
        Assert.InRange(waiting * taken, Allowed / 4, Allowed * 3 / 2);
    }

    public static TheoryData<string, CatalogOutcome> Wrong => new()
    {
        { "epoch 0", CatalogOutcome.BadHeader },
        { "epoch too large", CatalogOutcome.BadHeader },
        { "no parts", CatalogOutcome.BadHeader },
        { "part beyond parts", CatalogOutcome.BadHeader },
        { "whole with a base", CatalogOutcome.BadHeader },
        { "neither whole nor base", CatalogOutcome.BadHeader },
        { "base ahead", CatalogOutcome.BadHeader },
        { "too many parts", CatalogOutcome.TooLarge },
        { "no host", CatalogOutcome.BadHost },
        { "other host", CatalogOutcome.BadHost },
        { "long host", CatalogOutcome.BadHost },
        { "host like a port", CatalogOutcome.BadHost },
        { "no name", CatalogOutcome.BadMetric },
        { "name with a space", CatalogOutcome.BadMetric },
        { "name with a newline", CatalogOutcome.BadMetric },
        { "name with a digit first", CatalogOutcome.BadMetric },
        { "long name", CatalogOutcome.BadMetric },
        { "long help", CatalogOutcome.BadMetric },
        { "counter without suffix", CatalogOutcome.BadMetric },
        { "gauge with a counter's suffix", CatalogOutcome.BadMetric },
        { "no kind", CatalogOutcome.BadMetric },
        { "unknown kind", CatalogOutcome.BadMetric },
        { "no encoding", CatalogOutcome.BadMetric },
        { "scale not finite", CatalogOutcome.BadMetric },
        { "counter that counts down", CatalogOutcome.BadMetric },
        { "bound without bucket", CatalogOutcome.BadMetric },
        { "bucket without bound", CatalogOutcome.BadMetric },
        { "host label", CatalogOutcome.BadLabels },
        { "le label", CatalogOutcome.BadLabels },
        { "internal label", CatalogOutcome.BadLabels },
        { "label with a dash", CatalogOutcome.BadLabels },
        { "long label value", CatalogOutcome.BadLabels },
        { "many labels", CatalogOutcome.BadLabels },
        { "label twice", CatalogOutcome.BadLabels },
        { "too many labels together", CatalogOutcome.BadLabels },
        { "empty block", CatalogOutcome.BadBlock },
        { "slots beyond the last", CatalogOutcome.BadBlock },
        { "slots that wrap", CatalogOutcome.BadBlock },
        { "unknown metric", CatalogOutcome.BadBlock },
        { "blocks overlap", CatalogOutcome.Overlap },
        { "metric redefined", CatalogOutcome.Redefined },
        { "too many metrics", CatalogOutcome.TooLarge },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void WhatIsWrongIsNamedAndChangesNothing(string what, CatalogOutcome expected)
    {
        CatalogUpdate update = Good();
        update.Epoch = 6;
        Damage(update, what);
        Assert.Equal(expected, catalog.Take(update.ToByteArray(), 2));
        AssertUnchanged();
        Assert.Equal(CatalogOutcome.Applied, catalog.Take(WithEpoch(7).ToByteArray(), 3));
    }

    [Fact]
    public void RepetitionsStragglersAndContradictionsAreTold()
    {
        Assert.Equal(CatalogOutcome.Known, catalog.Take(Good().ToByteArray(), 2));
        Assert.Equal(CatalogOutcome.Stale, catalog.Take(WithEpoch(4).ToByteArray(), 2));
        CatalogUpdate first = WithEpoch(6);
        first.Parts = 2;
        Assert.Equal(CatalogOutcome.Waiting, catalog.Take(first.ToByteArray(), 2));
        Assert.Equal(CatalogOutcome.Known, catalog.Take(first.ToByteArray(), 2));
        first.Blocks[0].Labels["pid"] = "43";
        Assert.Equal(CatalogOutcome.Inconsistent, catalog.Take(first.ToByteArray(), 2));
        AssertUnchanged();
    }

    [Fact]
    public void PartsOfTwoHostsAreNeverOneUpdate()
    {
        HostCatalog fresh = new(new SeriesTable(100, 1, new HashSet<string>()), Limits, (name, _) => new HostIdentity(name));
        CatalogUpdate first = WithEpoch(6);
        first.Parts = 2;
        CatalogUpdate second = new() { Epoch = 6, Whole = true, Part = 1, Parts = 2, Host = "beta" };
        Assert.Equal(CatalogOutcome.Waiting, fresh.Take(first.ToByteArray(), 2));
        Assert.Equal(CatalogOutcome.Inconsistent, fresh.Take(second.ToByteArray(), 2));
        Assert.Equal(0, fresh.Epoch);
    }

    [Fact]
    public void WaitingPartsAreBounded()
    {
        CatalogOutcome outcome = CatalogOutcome.Waiting;
        for (uint part = 0; part < 3 && outcome == CatalogOutcome.Waiting; part++)
        {
            CatalogUpdate update = new() { Epoch = 6, Whole = true, Part = part, Parts = 4, Host = "alpha" };
            for (uint slot = 0; slot < 30; slot++)
                update.Blocks.Add(TestHost.Block((part * 100) + slot, [1], ("pid", $"{part}-{slot} wide enough")));
            outcome = catalog.Take(update.ToByteArray(), 2);
        }

        Assert.Equal(CatalogOutcome.TooLarge, outcome);
        AssertUnchanged();
    }

    [Fact]
    public void ANameThatAnotherHostHasIsRefused()
    {
        HostCatalog other = new(table, Limits, (_, _) => null);
        Assert.Equal(CatalogOutcome.BadHost, other.Take(Good().ToByteArray(), 2));
        Assert.Equal(0, other.Epoch);
    }

    [Fact]
    public void DamagedBytesNeverThrowAndNeverApplyInPart()
    {
        byte[] good = WithEpoch(6).ToByteArray();
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            HostCatalog fresh = new(new SeriesTable(100, 1, new HashSet<string>()), Limits, (name, _) => new HostIdentity(name));
            byte[] bad = [.. good];
            bad[at] = value;
            CatalogOutcome outcome = fresh.Take(bad.AsSpan(0, length), 2);
            Assert.Equal(outcome == CatalogOutcome.Applied, fresh.Epoch != 0);
        }, iter: 20_000);
    }

    private static CatalogUpdate WithEpoch(uint epoch)
    {
        CatalogUpdate update = Good();
        update.Epoch = epoch;
        return update;
    }

    private static CatalogUpdate Good()
    {
        CatalogUpdate update = new() { Epoch = 5, Whole = true, Parts = 1, Host = "alpha" };
        update.Metrics.Add(TestHost.Metric(1, "a_total", Kind.Counter));
        update.Metrics[0].Help = "Help.";
        update.Metrics.Add(new Metric { Id = 2, Name = "b", Kind = Kind.Gauge, Encoding = Encoding.Signed, Labels = { ["mode"] = "x" } });
        update.Blocks.Add(TestHost.Block(10, [1, 2], ("pid", "42")));
        return update;
    }

    private void AssertUnchanged()
    {
        Assert.Equal(5, catalog.Epoch);
        Assert.False(catalog.IsComplete(6));
        Assert.Equal("42", catalog.Find(10, 5)!.Labels.Single(label => label.Key == "pid").Value);
        Assert.Null(catalog.Find(12, 5));
        table.Publish();
        Assert.Equal(2, table.Snapshot.Count);
    }

    private static void Damage(CatalogUpdate update, string what)
    {
        Metric metric = update.Metrics[0];
        Block block = update.Blocks[0];
        switch (what)
        {
            case "epoch 0": update.Epoch = 0; break;
            case "epoch too large": update.Epoch = 65536; break;
            case "no parts": update.Parts = 0; break;
            case "part beyond parts": update.Part = 1; break;
            case "whole with a base": update.BaseEpoch = 5; break;
            case "neither whole nor base": update.Whole = false; break;
            case "base ahead": (update.Whole, update.BaseEpoch) = (false, 7); break;
            case "too many parts": update.Parts = 5; break;
            case "no host": update.Host = ""; break;
            case "other host": update.Host = "beta"; break;
            case "long host": update.Host = new string('h', 21); break;
            case "host like a port": update.Host = "port:host0"; break;
            case "no name": metric.Name = ""; break;
            case "name with a space": metric.Name = "a b_total"; break;
            case "name with a newline": metric.Name = "a\nb_total"; break;
            case "name with a digit first": metric.Name = "1a_total"; break;
            case "long name": metric.Name = new string('a', 15) + "_total"; break;
            case "long help": metric.Help = new string('h', 21); break;
            case "counter without suffix": metric.Name = "a"; break;
            case "gauge with a counter's suffix": update.Metrics[1].Name = "b_total"; break;
            case "no kind": metric.Kind = Kind.Unspecified; break;
            case "unknown kind": metric.Kind = (Kind)17; break;
            case "no encoding": metric.Encoding = Encoding.Unspecified; break;
            case "scale not finite": metric.Scale = double.NaN; break;
            case "counter that counts down": metric.Scale = -1; break;
            case "bound without bucket": metric.UpperBound = 1; break;
            case "bucket without bound": (metric.Name, metric.Kind, metric.UpperBound) = ("a", Kind.HistogramBucket, double.NaN); break;
            case "host label": block.Labels["host"] = "beta"; break;
            case "le label": metric.Labels["le"] = "1"; break;
            case "internal label": block.Labels["__name__"] = "a"; break;
            case "label with a dash": block.Labels["a-b"] = "1"; break;
            case "long label value": block.Labels["pid"] = new string('1', 21); break;
            case "many labels": block.Labels.Add(Enumerable.Range(0, 4).ToDictionary(index => $"l{index}", _ => "1")); break;
            case "label twice": block.Labels["mode"] = "y"; break;
            case "too many labels together": block.Labels.Add(new Dictionary<string, string> { ["l1"] = "1", ["l2"] = "1" }); break;
            case "empty block": block.MetricIds.Clear(); break;
            case "slots beyond the last": block.FirstSlot = 65535; break;
            case "slots that wrap": block.FirstSlot = uint.MaxValue; break;
            case "unknown metric": block.MetricIds.Add(3); break;
            case "blocks overlap": update.Blocks.Add(TestHost.Block(11, [1], ("pid", "43"))); break;
            case "metric redefined": metric.Scale = 2; break;
            case "too many metrics":
                update.Metrics.Add(Enumerable.Range(3, 3).Select(id => TestHost.Metric((uint)id, $"m{id}_total", Kind.Counter)));
                foreach (Metric added in update.Metrics.Skip(2))
                    added.Help = "";
                break;
            default: throw new ArgumentException(what);
        }
    }
}
