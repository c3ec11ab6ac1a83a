using OppTel.Sketches.FrequentDirections;

namespace OppTel.Anomaly;

/// <summary>
/// What standardised vectors usually look like: directions in which they vary more than independent features would, from a Fast Frequent
/// Directions sketch that forgets. A vector's score is its length, after what lies in such a direction is divided by the standard
/// deviation there: what features usually do together is not unusual, and what leaves these directions counts in full. Allocates
/// nothing after construction.
/// </summary>
/// <param name="features">Length of the vectors.</param>
/// <param name="memory">Steps after which what was learned counts e times less.</param>
internal sealed class Subspace(int features, int memory)
{
    private readonly FastFrequentDirections sketch = new(features);
    private readonly double[] row = new double[features];
    private double weight;
    private int appended;

    /// <summary>Adds a vector.</summary>
    /// <param name="vector">Standardised.</param>
    /// <param name="limit">It is shortened to this length.</param>
    public void Learn(ReadOnlySpan<double> vector, double limit)
    {
        double length = Math.Sqrt(VectorKernels.Dot(vector, vector));
        row.AsSpan().Clear();
        VectorKernels.AddScaled(length > limit ? limit / length : 1, vector, row);
        sketch.Append(row);
        weight++;
        if (++appended % sketch.Rows != 0)
            return;
        double forget = Math.Exp(-(double)sketch.Rows / memory);
        sketch.Scale(Math.Sqrt(forget));
        weight *= forget;
    }

    /// <summary>How unusual a vector is: in independent noise about the root of the number of its elements.</summary>
    public double Score(ReadOnlySpan<double> vector)
    {
        double square = VectorKernels.Dot(vector, vector);
        for (int rank = 0; rank < sketch.DirectionCount && Variance(rank) > 1; rank++)
        {
            double part = VectorKernels.Dot(vector, sketch.Direction(rank));
            square -= part * part * (1 - (1 / Variance(rank)));
        }

        return Math.Sqrt(Math.Max(0, square));
    }

    /// <summary>Takes the square of the score apart: what each feature adds to it.</summary>
    public void Explain(ReadOnlySpan<double> vector, Span<double> shares)
    {
        shares.Clear();
        vector.CopyTo(row);
        for (int rank = 0; rank < sketch.DirectionCount && Variance(rank) > 1; rank++)
        {
            ReadOnlySpan<double> direction = sketch.Direction(rank);
            double part = VectorKernels.Dot(vector, direction), inside = part * part / Variance(rank);
            VectorKernels.AddScaled(-part, direction, row);
            for (int feature = 0; feature < shares.Length; feature++)
                shares[feature] += inside * direction[feature] * direction[feature];
        }

        for (int feature = 0; feature < shares.Length; feature++)
            shares[feature] += row[feature] * row[feature];
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        sketch.Clear();
        (weight, appended) = (0, 0);
    }

    private double Variance(int rank) => sketch.DirectionEnergy(rank) / weight;
}
