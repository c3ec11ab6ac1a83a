using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;

namespace OppTel.Host.Samplers;

/// <summary>Metrics that are read by a clock, between carriers too.</summary>
/// <param name="Interval">Time from one reading to the next.</param>
/// <param name="Metrics">Their names.</param>
public sealed record FastSampling(TimeSpan Interval, IReadOnlyList<string> Metrics)
{
    /// <summary>Shortest time from one reading to the next: below it, the kernel throttles clocks.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMicroseconds(10);

    /// <summary>Reads the key "fast"; null when it is not there.</summary>
    internal static FastSampling? Read(ConfigurationSection root)
    {
        if (!root.Has("fast"))
            return null;
        ConfigurationSection section = root.Section("fast");
        FastSampling read = new(
            section.Duration("interval", TimeSpan.FromMilliseconds(1), LeastInterval, TimeSpan.FromSeconds(1)), section.Texts("metrics"));
        if (read.Metrics.Count == 0)
            section.Report("metrics", "name at least one metric");
        foreach (string name in read.Metrics)
        {
            if (Sampler.All.Any(sampler => sampler.Parts.Any(part => part.Metrics.Any(metric => metric.Name == name))))
                section.Report("metrics", $"{name} belongs to entities that come and go; only metrics of the host and of CPUs are sampled");
            else if (!Fixed().Any(metric => metric.Name == name))
                section.Report("metrics", $"there is no metric {name}{Spelling.Suggest(name, [.. Fixed().Select(metric => metric.Name).Distinct()])}");
        }

        int slots = Fixed().Where(metric => read.Metrics.Contains(metric.Name)).Sum(metric => metric.Slots);
        if (slots > HostMaps.FastSlots)
            section.Report("metrics", $"they take {slots} slots, and {HostMaps.FastSlots} can be sampled: name fewer metrics, and no histograms");
        return read;
    }

    private static IEnumerable<Metric> Fixed() => Sampler.All.SelectMany(sampler => sampler.Blocks).SelectMany(block => block.Metrics);
}
