namespace OppTel.Telemetry.Windows;

/// <summary>What the records of one stretch of time add up to; later stretches can be added.</summary>
internal struct WindowSums
{
    private double min;
    private double max;
    private double sum;
    private double increase;
    private long interval;

    /// <summary>Records within it.</summary>
    public ulong Records { get; private set; }

    /// <summary>The last value.</summary>
    public double Last { get; private set; }

    /// <summary>Takes a record.</summary>
    /// <param name="value">In the family's unit.</param>
    /// <param name="grown">By how much a counter grew since the record before.</param>
    /// <param name="elapsed">Nanoseconds of the host's clock since the record before; 0 when that says nothing.</param>
    public void Add(double value, double grown, long elapsed)
    {
        bool isFirst = Records++ == 0;
        // What is no number is neither the smallest nor the largest one, unless there is no other.
        min = isFirst ? value : double.MinNumber(min, value);
        max = isFirst ? value : double.MaxNumber(max, value);
        sum += value;
        Last = value;
        increase += grown;
        interval += elapsed;
    }

    /// <summary>Adds the stretch that follows.</summary>
    public void Append(in WindowSums later)
    {
        if (later.Records == 0)
            return;
        bool isFirst = Records == 0;
        min = isFirst ? later.min : double.MinNumber(min, later.min);
        max = isFirst ? later.max : double.MaxNumber(max, later.max);
        sum += later.sum;
        Last = later.Last;
        increase += later.increase;
        interval += later.interval;
        Records += later.Records;
    }

    /// <summary>The result, for others to read.</summary>
    public readonly SeriesWindow ToWindow() => Records == 0
        ? SeriesWindow.Empty
        : new SeriesWindow(Records, min, max, sum / Records, Last, interval == 0 ? 0 : increase * 1e9 / interval);
}
