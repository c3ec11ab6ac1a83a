using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using OppTel.Sketches.Cardinality;
using OppTel.Sketches.HeavyHitters;

namespace OppTel.Benchmarks;

/// <summary>Counting keys, beside the collections of .NET that count them exactly and without bound.</summary>
public class KeyBenchmarks
{
    private readonly ulong[] keys = Streams.Keys, distinct = Streams.Distinct;
    private readonly SpaceSaving<ulong> summary = new(256);
    private readonly Dictionary<ulong, double> dictionary = [];
    private readonly HyperLogLog sketch = new();
    private readonly HashSet<ulong> set = [];

    [Benchmark(Description = "SpaceSaving of 256 keys", OperationsPerInvoke = Streams.Length)]
    public void HeavyHitters()
    {
        foreach (ulong key in keys)
            summary.Add(key);
    }

    [Benchmark(Description = "Dictionary", OperationsPerInvoke = Streams.Length)]
    public void ExactWeights()
    {
        foreach (ulong key in keys)
            CollectionsMarshal.GetValueRefOrAddDefault(dictionary, key, out _)++;
    }

    [Benchmark(Description = "HyperLogLog", OperationsPerInvoke = Streams.Length)]
    public void Cardinality()
    {
        foreach (ulong key in distinct)
            sketch.Add(key);
    }

    [Benchmark(Description = "HashSet", OperationsPerInvoke = Streams.Length)]
    public void ExactSet()
    {
        foreach (ulong key in distinct)
            set.Add(key);
    }
}
