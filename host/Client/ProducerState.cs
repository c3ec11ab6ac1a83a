namespace OppTel.Client;

/// <summary>How a <see cref="MetricsProducer"/> fares.</summary>
/// <param name="IsConnected">Whether the daemon has its cells.</param>
/// <param name="Series">Series that have cells.</param>
/// <param name="Overflows">Measurements that went to a series with the label otel_metric_overflow, or to none, for want of cells.</param>
/// <param name="Refused">Series that this daemon does not take.</param>
/// <param name="Problem">What went wrong last; null when nothing did.</param>
public readonly record struct ProducerState(bool IsConnected, int Series, long Overflows, int Refused, string? Problem);
