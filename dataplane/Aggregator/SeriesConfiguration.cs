using OppTel.Configuration;
using OppTel.Telemetry.Distributions;

namespace OppTel.Aggregator;

/// <summary>The keys of the configuration that bound series and choose distributions.</summary>
internal sealed record SeriesConfiguration
{
    /// <summary>Most memory that distributions may be given: their windows are found by 31-bit numbers.</summary>
    private const long MostMemory = 4L << 30;

    /// <summary>Series of one metric of one host that are shown.</summary>
    public required int MaxPerMetric { get; init; }

    /// <summary>Of which metrics distributions are kept.</summary>
    public required DistributionOptions Distributions { get; init; }

    /// <summary>Reads them.</summary>
    public static SeriesConfiguration Read(ConfigurationSection root)
    {
        IReadOnlyList<string> patterns = root.Has("distributions") ? root.Texts("distributions") : DistributionOptions.DefaultPatterns;
        foreach (string pattern in patterns.Where(pattern => !IsPattern(pattern)))
            root.Report("distributions", $"'{pattern}' is not the name of a metric, in which * stands for any text");
        return new SeriesConfiguration
        {
            MaxPerMetric = root.Integer("max_series_per_metric", 8192, 1, 10_000_000),
            Distributions = new DistributionOptions(
                patterns, root.Bytes("distribution_memory", 64 << 20, DistributionOptions.LeastMemory, MostMemory)),
        };
    }

    private static bool IsPattern(string pattern) =>
        pattern.Length > 0 && pattern.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '*');
}
