namespace OppTel.Telemetry.Windows;

/// <summary>What a series did within one window of the DPU's clock, by arrival.</summary>
/// <param name="Records">Records that came; when there were none, the rest is NaN.</param>
/// <param name="Min">The smallest value.</param>
/// <param name="Max">The largest value.</param>
/// <param name="Mean">Mean over the records, each of which counts once.</param>
/// <param name="Last">The last value.</param>
/// <param name="Rate">
/// Growth of a counter per second of the host's clock, from the last record before the window to the last one in it; what a counter
/// counted before it began again is not known and left out. 0 for gauges.
/// </param>
public readonly record struct SeriesWindow(ulong Records, double Min, double Max, double Mean, double Last, double Rate)
{
    /// <summary>A window without records.</summary>
    public static SeriesWindow Empty { get; } = new(0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
}
