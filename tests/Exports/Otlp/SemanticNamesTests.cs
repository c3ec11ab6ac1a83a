using System.Text.RegularExpressions;
using OppTel.Exports.Otlp;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Exports.Tests.Otlp;

public partial class SemanticNamesTests
{
    /// <summary>What Prometheus puts behind a name for a unit.</summary>
    private static readonly Dictionary<string, string> Suffixes = new()
    {
        ["s"] = "_seconds", ["By"] = "_bytes", ["J"] = "_joules", ["W"] = "_watts", ["Cel"] = "_celsius", ["1"] = "_ratio", ["By/s"] = "_bytes_per_second",
    };

    /// <summary>Names that were made before the conventions took others, or that read better dotted; their Prometheus spelling stays.</summary>
    private static readonly HashSet<string> Renamed =
    [
        "system_processes_created_total", "system_network_packets_total", "system_network_dropped_total", "system_linux_memory_available_bytes",
        "opptel_reclaim_scanned_pages_total", "opptel_reclaimed_pages_total", "opptel_gpu_pcie_bytes_per_second", "opptel_gpu_nvlink_bytes_total",
        "opptel_syscalls_total", "opptel_syscall_seconds", "opptel_tcp_retransmitted_segments_total", "opptel_softnet_processed_packets_total",
        "opptel_softnet_dropped_packets_total", "opptel_softnet_backlog_packets", .. OwnProcess.Except(["dotnet_gc_collections_total"]),
    ];

    /// <summary>What the aggregator shows of its own process, by the names that Prometheus clients give it.</summary>
    private static string[] OwnProcess =>
    [
        "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_threads",
        "process_open_fds", "dotnet_gc_heap_bytes", "dotnet_gc_allocated_bytes_total", "dotnet_gc_pause_seconds_total", "dotnet_gc_collections_total",
    ];

    [Fact]
    public void EveryMetricOfAHostHasARowAndEveryRowAMetric()
    {
        HashSet<string> metrics = [.. InTheReadMe(), .. InTheTableOfAgreement(), .. OwnProcess];
        Assert.True(metrics.Count > 60, $"only {metrics.Count} metrics found");
        Assert.Equal(metrics.Order(), SemanticNames.Known.Order());
    }

    [Fact]
    public void NamesAreThoseOfTheConventionsOrOfOppTel()
    {
        IReadOnlyDictionary<string, string> names = Oracle.Names();
        Assert.True(names.Count > 500);
        // There is no convention for the context switches of a machine.
        Assert.All(
            SemanticNames.Known.Select(Of).Where(metric => !metric.Name.StartsWith("opptel.", StringComparison.Ordinal) && metric.Name != "system.context_switches"),
            metric => Assert.Equal("metric", names.GetValueOrDefault(metric.Name, metric.Name)));
        Assert.All(
            SemanticAttributes.Known.Where(label => !label.Value.StartsWith("opptel.", StringComparison.Ordinal) && label.Value != "otel.metric.overflow"),
            label => Assert.Equal("attr", names.GetValueOrDefault(label.Value, label.Value)));
    }

    [Fact]
    public void PrometheusWouldSpellTheNamesAsTheyWere()
    {
        foreach (string name in SemanticNames.Known.Where(name => !Renamed.Contains(name)))
            Assert.Equal(name, Translate(Of(name), name.EndsWith("_total", StringComparison.Ordinal)));
        Assert.All(Renamed, name => Assert.NotEqual(name, Translate(Of(name), name.EndsWith("_total", StringComparison.Ordinal))));
    }

    [Fact]
    public void NoTwoMetricsOfAHostShareAName()
    {
        string[] names = [.. SemanticNames.Known.Except(OwnProcess).Select(name => Of(name).Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Theory]
    [InlineData("opptel_stream_trailers_lost_total", Kind.Counter, "opptel.stream.trailers_lost", "")]
    [InlineData("opptel_record_age_seconds", Kind.HistogramBucket, "opptel.record.age", "s")]
    [InlineData("opptel_records_total", Kind.Counter, "opptel.records", "{record}")]
    [InlineData("backup_files_total", Kind.Counter, "backup_files", "")]
    [InlineData("store_time_seconds", Kind.HistogramBucket, "store_time", "s")]
    [InlineData("store_total", Kind.Gauge, "store_total", "")]
    public void OtherNamesLoseWhatPrometheusAdds(string name, Kind kind, string expected, string unit)
    {
        SemanticMetric metric = SemanticNames.Of(new MetricFamily(name, "", kind));
        Assert.Equal((expected, unit), (metric.Name, metric.Unit));
    }

    private static SemanticMetric Of(string name) => SemanticNames.Of(new MetricFamily(name, "", Kind.Counter));

    private static string Translate(SemanticMetric metric, bool isCounter) =>
        metric.Name.Replace('.', '_') + Suffixes.GetValueOrDefault(metric.Unit, "") + (isCounter ? "_total" : "");

    /// <summary>The first column of the table of a host's metrics, braces expanded.</summary>
    private static IEnumerable<string> InTheReadMe() => File.ReadAllLines(Path.Combine(Oracle.Checkout(), "README.md"))
        .SkipWhile(line => !line.StartsWith("| of the host |", StringComparison.Ordinal)).Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .SelectMany(line => OnOneLine([.. Quoted().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value).Where(name => name.Contains('_') && !name.Contains(' '))]));

    /// <summary>"opptel_cpu_{a,b}_total, opptel_cgroup_cpu_... of the same" names four metrics.</summary>
    private static IEnumerable<string> OnOneLine(string[] names)
    {
        string[] whole = [.. names.Where(name => !name.EndsWith("...", StringComparison.Ordinal)).SelectMany(Expand)];
        return whole.Concat(names.Where(name => name.EndsWith("...", StringComparison.Ordinal))
            .SelectMany(name => whole.Select(other => other.Replace("opptel_cpu_", name[..^3], StringComparison.Ordinal))));
    }

    private static IEnumerable<string> InTheTableOfAgreement() =>
        Literal().Matches(File.ReadAllText(Path.Combine(Oracle.Checkout(), "tests", "EndToEnd", "Metrics", "Agreement", "Table.cs")))
            .Select(match => match.Groups[1].Value)
            .Where(name => SemanticAttributes.Known.All(label => label.Key != name));

    private static IEnumerable<string> Expand(string name)
    {
        Match braces = Braces().Match(name);
        return braces.Success
            ? braces.Groups[1].Value.Split(',').SelectMany(part => Expand(name[..braces.Index] + part + name[(braces.Index + braces.Length)..]))
            : [name];
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("\"((?:process|system|hw|opptel)_[a-z_]+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{([^}]*)\}")]
    private static partial Regex Braces();
}
