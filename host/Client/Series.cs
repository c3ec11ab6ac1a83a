using OppTel.Bpf;
using OppTel.Producers;

namespace OppTel.Client;

/// <summary>What an instrument's values become.</summary>
/// <param name="Name">Prometheus spelling.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Kind">Counter, gauge or histogram.</param>
/// <param name="Encoding">Of a cell.</param>
/// <param name="Scale">A cell's value times this is in the unit that the name says.</param>
/// <param name="IsSet">Whether a measurement is the value, and not added to it.</param>
/// <param name="Factor">Of a histogram: what makes a measurement a cell's value.</param>
internal sealed record SeriesShape(string Name, string Help, CellKind Kind, CellEncoding Encoding, double Scale, bool IsSet, double Factor)
{
    /// <summary>How many cells a series takes.</summary>
    public int Cells => Kind == CellKind.Histogram ? (int)HistogramLayout.Slots : 1;

    /// <summary>How its cells change.</summary>
    public CellUse Use => IsSet ? CellUse.Set : Encoding == CellEncoding.Double ? CellUse.DoubleSum : CellUse.Sum;
}

/// <summary>One instrument with one set of tags: where its values go.</summary>
/// <param name="shape">Of the instrument.</param>
/// <param name="labels">By name.</param>
/// <param name="cells">All cells.</param>
/// <param name="cell">Its first one.</param>
internal sealed class Series(SeriesShape shape, IReadOnlyDictionary<string, string> labels, Cells cells, int cell)
{
    public SeriesShape Shape => shape;

    public IReadOnlyDictionary<string, string> Labels => labels;

    public int Cell => cell;

    /// <summary>Takes a whole number.</summary>
    public void Record(long value)
    {
        if (shape.Kind == CellKind.Histogram)
            Observe(value);
        else if (shape.Encoding == CellEncoding.Double)
            Record((double)value);
        else if (shape.IsSet)
            Volatile.Write(ref cells[cell], (ulong)value);
        else if (value >= 0 || shape.Kind != CellKind.Counter)
            Interlocked.Add(ref cells[cell], (ulong)value);
    }

    /// <summary>Takes a number; one that is not finite is passed over.</summary>
    public void Record(double value)
    {
        if (!double.IsFinite(value))
            return;
        if (shape.Kind == CellKind.Histogram)
            Observe(value);
        else if (shape.IsSet)
            Volatile.Write(ref cells[cell], BitConverter.DoubleToUInt64Bits(value));
        else if (value >= 0 || shape.Kind != CellKind.Counter)
            Cells.AddDouble(ref cells[cell], value);
    }

    /// <summary>What is below 0 counts as 0, what is beyond all buckets falls into the last.</summary>
    private void Observe(double value)
    {
        double raw = value * shape.Factor;
        Interlocked.Increment(ref cells[cell + HistogramBucket.Of(raw <= 0 ? 0 : raw >= ulong.MaxValue ? ulong.MaxValue : (ulong)raw)]);
    }
}
