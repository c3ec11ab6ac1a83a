namespace OppTel.Recorder.Queries;

/// <summary>Gets the records of one series in the order of their times, and makes a value for each step of them.</summary>
internal abstract class SteppedSeries
{
    private long newest = long.MinValue;

    private protected SteppedSeries(RangeRequest request)
    {
        Request = request;
        if (request.Extremes)
            (Least, Greatest) = (Unknown(), Unknown());
    }

    protected RangeRequest Request { get; }

    protected double[]? Least { get; }

    protected double[]? Greatest { get; }

    /// <summary>
    /// Takes the last record before the first step, then those of the steps, then for counters the first one behind the last step. One
    /// that is older than the one before does not count.
    /// </summary>
    public void Take(in ScannedRecord record)
    {
        if (record.Time < newest)
            return;
        newest = record.Time;
        TakeNext(record);
    }

    /// <summary>The values.</summary>
    /// <param name="goesOn">Whether the series had more records later, or may get some.</param>
    public abstract RangeValues Finish(bool goesOn);

    protected abstract void TakeNext(in ScannedRecord record);

    protected double[] Unknown()
    {
        double[] values = new double[Request.Steps];
        Array.Fill(values, double.NaN);
        return values;
    }

    protected void Widen(long step, double value)
    {
        if (Least is null || Greatest is null || step < 0 || step >= Request.Steps || double.IsNaN(value))
            return;
        Least[step] = double.IsNaN(Least[step]) ? value : Math.Min(Least[step], value);
        Greatest[step] = double.IsNaN(Greatest[step]) ? value : Math.Max(Greatest[step], value);
    }
}

/// <summary>The last value of each step, or before it.</summary>
internal sealed class SteppedValues : SteppedSeries
{
    private readonly double[] values;
    private CounterReader reader;
    private double last = double.NaN;
    private int filled;

    public SteppedValues(RangeRequest request, RecordedSeries series)
        : base(request)
    {
        values = Unknown();
        reader = new CounterReader(series);
    }

    protected override void TakeNext(in ScannedRecord record)
    {
        reader.Read(record);
        long step = Request.StepOf(record.Time);
        FillTo(step);
        last = reader.Value;
        Widen(step, last);
    }

    public override RangeValues Finish(bool goesOn)
    {
        FillTo(goesOn ? Request.StepOf(Request.Now) + 1 : filled + 1);
        return new RangeValues(values, Least, Greatest, 0);
    }

    /// <summary>What was read last holds for the steps before this one.</summary>
    private void FillTo(long step)
    {
        int end = (int)Math.Clamp(step, 0, Request.Steps);
        if (end > filled)
        {
            values.AsSpan(filled, end - filled).Fill(last);
            filled = end;
        }
    }
}

/// <summary>Rates of a counter: between two records it grows evenly, as nothing else is known.</summary>
internal sealed class SteppedRates(RangeRequest request, RecordedSeries series, StepBudget budget) : SteppedSeries(request)
{
    /// <summary>What a live counter did so long ago would be known by now, in nanoseconds: changes leave a host within its longest age.</summary>
    private const long Settled = 250_000_000;

    private double[]? increases;
    private CounterReader reader = new(series);
    private long first = long.MaxValue;
    private long last;

    /// <summary>Whether it grew at all.</summary>
    public bool HasGrown => increases is not null;

    /// <summary>The increase over all steps.</summary>
    public double Total { get; private set; }

    protected override void TakeNext(in ScannedRecord record)
    {
        reader.Read(record);
        if (first == long.MaxValue)
            first = record.Time;
        else
            Spread(last, record.Time, reader.Increase);
        last = record.Time;
    }

    public override RangeValues Finish(bool goesOn)
    {
        double[] rates = Unknown();
        for (int step = 0; step < rates.Length && first != long.MaxValue; step++)
        {
            long begin = Request.Start + (step * Request.Step), end = begin + Request.Step;
            long covered = Math.Min(end, last) - Math.Max(begin, first);
            if (covered > 0)
                rates[step] = (increases?[step] ?? 0) * 1e9 / covered;
            else if (increases is not null && increases[step] > 0)
                rates[step] = increases[step] * 1e9 / Request.Step;
            else if (goesOn && begin >= last && end <= Request.Now - Settled)
                rates[step] = 0;
        }

        return new RangeValues(rates, Least, Greatest, Total);
    }

    private void Spread(long from, long to, double increase)
    {
        long begin = Math.Max(from, Request.Start), end = Math.Min(to, Request.End);
        if (begin > end || (begin == end && from != to) || begin >= Request.End)
            return;
        double perNanosecond = increase / Math.Max(1, to - from);
        for (long step = Request.StepOf(begin), at = begin; at < end || at == begin; step++)
        {
            long next = Math.Min(end, Request.Start + ((step + 1) * Request.Step));
            Add(step, from == to ? increase : perNanosecond * (next - at));
            Widen(step, perNanosecond * 1e9);
            at = Math.Max(next, at + 1);
        }
    }

    private void Add(long step, double increase)
    {
        if (increase == 0)
            return;
        increases ??= budget.Take(Request.Steps);
        increases[step] += increase;
        Total += increase;
    }
}
