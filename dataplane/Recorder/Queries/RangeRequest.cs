namespace OppTel.Recorder.Queries;

/// <summary>Values over time, one for each step.</summary>
/// <param name="Start">Where the first step begins: the DPU's clock, in nanoseconds.</param>
/// <param name="Step">Length of a step, in nanoseconds.</param>
/// <param name="Steps">Number of steps.</param>
/// <param name="Now">The DPU's clock, in nanoseconds: what comes later is unknown.</param>
/// <param name="CounterValues">Counters as they are, and not their rates.</param>
/// <param name="Extremes">Also the least and the greatest within each step.</param>
public sealed record RangeRequest(long Start, long Step, int Steps, long Now, bool CounterValues, bool Extremes)
{
    /// <summary>Where the last step ends.</summary>
    public long End => Start + (Step * Steps);

    /// <summary>The step that a time lies in; may be outside.</summary>
    public long StepOf(long time) => (long)Math.Floor((double)(time - Start) / Step) is var step && Start + (step * Step) > time ? step - 1 : step;
}

/// <summary>Values of one series; NaN where there is none.</summary>
/// <param name="Values">One for each step.</param>
/// <param name="Least">Null unless asked for.</param>
/// <param name="Greatest">Null unless asked for.</param>
/// <param name="Total">The increase of a counter over all steps.</param>
public sealed record RangeValues(double[] Values, double[]? Least, double[]? Greatest, double Total);
