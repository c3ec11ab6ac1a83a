using System.Text.Json;
using OppTel.Sketches.Cardinality;
using OppTel.Sketches.HeavyHitters;

namespace OppTel.Sketches.Tests;

/// <summary>What allocations.json allows each operation of a sketch that has reached its size, in bytes: the gate of the record path.</summary>
public class AllocationGateTests
{
    private const int Repetitions = 1000;
    private readonly ExponentialHistogram histogram = new(), other = new();
    private readonly SpaceSaving<ulong> summary = new(64);
    private readonly HyperLogLog sketch = new(), otherSketch = new();
    private readonly HeavyHitter<ulong>[] top = new HeavyHitter<ulong>[10];
    private readonly double[] values = [.. Enumerable.Range(1, 500).Select(index => index % 50 == 0 ? -index : (double)index * index)];

    [Fact]
    public void No_operation_allocates_more_than_it_is_allowed()
    {
        Dictionary<string, long> allowed = JsonSerializer.Deserialize<Dictionary<string, long>>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "allocations.json")))!;
        Dictionary<string, Action<int>> operations = Operations();
        Assert.Equal(allowed.Keys.Order(), operations.Keys.Order());
        Prepare();
        foreach ((string name, Action<int> operation) in operations)
            Assert.Equal((name, allowed[name] * Repetitions), (name, Allocations.Of(() => Repeat(operation))));
    }

    /// <summary>What the gate measures with is able to see an allocation.</summary>
    [Fact]
    public void An_allocation_is_seen() => Assert.InRange(Allocations.Of(() => Repeat(index => GC.KeepAlive(new byte[index]))), Repetitions * 24, long.MaxValue);

    private Dictionary<string, Action<int>> Operations() => new()
    {
        ["ExponentialHistogram.Record"] = index => histogram.Record(values[index % values.Length]),
        ["ExponentialHistogram.Record, many"] = _ => histogram.Record(values),
        ["ExponentialHistogram.Merge"] = _ => other.Merge(histogram),
        ["ExponentialHistogram.CopyTo"] = _ => histogram.CopyTo(other),
        ["ExponentialHistogram.Clear"] = _ => other.Clear(),
        ["ExponentialHistogram.Quantile"] = _ => histogram.Quantile(0.9),
        ["SpaceSaving.Add"] = index => summary.Add((ulong)index * 7),
        ["SpaceSaving.Top"] = _ => summary.Top(top),
        ["HyperLogLog.Add"] = index => sketch.Add((ulong)index),
        ["HyperLogLog.Merge"] = _ => otherSketch.Merge(sketch),
        ["HyperLogLog.Estimate"] = _ => GC.KeepAlive(sketch.Estimate > 0 ? sketch : null),
    };

    /// <summary>Lets everything grow to its size.</summary>
    private void Prepare()
    {
        histogram.EnsureCapacity(160, 160);
        other.EnsureCapacity(160, 160);
        for (ulong key = 0; key < 2000; key++)
            sketch.Add(key);
        otherSketch.Merge(sketch);
    }

    private static void Repeat(Action<int> operation)
    {
        for (int index = 0; index < Repetitions; index++)
            operation(index);
    }
}
