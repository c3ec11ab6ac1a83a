namespace OppTel.Exports.Int;

/// <summary>What one report says of one stream.</summary>
/// <param name="Stream">CPU of the host.</param>
/// <param name="HopLatency">Median time from reading a value to its arrival here, in nanoseconds; null when nothing arrived lately.</param>
/// <param name="QueueLength">Threads in the CPU's run queue; null when the host does not say.</param>
/// <param name="Arrival">When the host was heard last, in nanoseconds of Unix time.</param>
/// <param name="Received">Trailers of the stream that arrived.</param>
/// <param name="Lost">Trailers of the stream that were lost for good.</param>
/// <param name="HasNewLoss">Some of them since the report before.</param>
internal readonly record struct StreamReport(
    ushort Stream, ulong? HopLatency, ulong? QueueLength, ulong Arrival, ulong Received, ulong Lost, bool HasNewLoss);
