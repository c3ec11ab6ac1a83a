namespace OppTel.Recorder.Queries;

/// <summary>How many values of steps the series of one request may have in memory at the same time.</summary>
/// <param name="most">Values of all series together.</param>
internal sealed class StepBudget(long most)
{
    private long taken;

    /// <summary>Memory for the steps of one more series, all 0.</summary>
    /// <exception cref="QueryException">It would be too much.</exception>
    public double[] Take(int steps)
    {
        taken += steps;
        return taken <= most ? new double[steps] : throw new QueryException(
            $"more than {most / steps} series grew, with {steps} steps each; ask for a larger step or for fewer series");
    }
}
