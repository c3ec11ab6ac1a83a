using OppTel.Telemetry;

namespace OppTel.Exports.RemoteWrite;

/// <summary>Units as Prometheus spells them: they end the name of a metric.</summary>
internal static class PrometheusUnit
{
    private static readonly string[] Units = ["bytes_per_second", "seconds", "bytes", "joules", "watts", "celsius", "ratio"];

    /// <summary>The unit in the name of a family; empty when there is none.</summary>
    public static string Of(MetricFamily family)
    {
        string name = family.Name.EndsWith("_total", StringComparison.Ordinal) ? family.Name[..^"_total".Length] : family.Name;
        return Array.Find(Units, unit => name.EndsWith("_" + unit, StringComparison.Ordinal)) ?? "";
    }
}
