using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Telemetry;

/// <summary>A metric name with its meaning, shared by all hosts.</summary>
/// <param name="Name">Prometheus spelling, unit suffix included.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Kind">Counter, gauge or histogram.</param>
public sealed record MetricFamily(string Name, string Help, Kind Kind);
