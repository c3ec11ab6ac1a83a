using System.IO.Enumeration;

namespace OppTel.Telemetry.Distributions;

/// <summary>Of which metrics distributions are kept, and in how much memory.</summary>
/// <param name="Patterns">Names of metrics, in which <c>*</c> stands for any text.</param>
/// <param name="Memory">Bytes, of which a sixteenth at most is for what waits to be counted and three eighths are for windows that ended.</param>
public sealed record DistributionOptions(IReadOnlyList<string> Patterns, long Memory)
{
    /// <summary>The least memory that is of any use, in bytes.</summary>
    public const long LeastMemory = 1 << 20;

    /// <summary>What one scrape cannot tell of a host.</summary>
    public static IReadOnlyList<string> DefaultPatterns { get; } =
    [
        "opptel_runqueue_length", "opptel_runqueue_wait_seconds", "opptel_disk_latency_seconds", "opptel_tcp_smoothed_rtt_seconds",
        "opptel_cgroup_cpu_time_seconds_total",
    ];

    /// <summary>Whether a metric is one of them.</summary>
    public bool Selects(string name) => Patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    /// <summary>Entries of 16 bytes that may wait: what a full load brings within a tenth of a second fits the caches better than more.</summary>
    internal int QueueEntries => (int)Math.Min(Memory / 16 / 16, 1 << 19);

    /// <summary>Bytes of the windows of one span: half for the shortest, a quarter for each of the others.</summary>
    internal int LogBytes(Windows.WindowSpan span) =>
        (int)Math.Min(Memory * 3 / 8 / (span == Windows.WindowSpan.Second ? 2 : 4), 1 << 30);
}
