namespace OppTel.Sketches.FrequentDirections;

/// <summary>
/// A matrix sketch (Fast Frequent Directions of Ghashami, Liberty, Phillips and Woodruff): of a matrix A that comes row by row it keeps a
/// matrix B of l rows, such that for each x of length 1, 0 &lt;= |Ax|^2 - |Bx|^2 &lt;= |A - A_k|^2 / (l - k) for every k &lt; l, where A_k
/// is the best approximation of A of rank k, and |A - A_k| the Frobenius norm of what it lacks. With k = 0 that is |A|^2 / l. A row costs
/// 2ld + O(l^2) multiplications on average; nothing is allocated after construction. Used by one thread.
/// </summary>
public sealed class FastFrequentDirections
{
    /// <summary>A direction with less than this part of the largest one's energy is rounding.</summary>
    private const double Negligible = 1e-13;

    private readonly double[] buffer;
    private readonly double[] directions;
    private readonly double[] energies;
    private readonly SymmetricEigen eigen;

    /// <summary>An empty sketch.</summary>
    /// <param name="columns">Length of the rows, d.</param>
    /// <param name="rows">Rows that are kept, l; 0 takes the largest whole number below or at the root of <paramref name="columns"/>, 2 at least.</param>
    public FastFrequentDirections(int columns, int rows = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        Columns = columns;
        Rows = rows == 0 ? Math.Max(2, (int)Math.Sqrt(columns)) : rows;
        buffer = new double[2 * Rows * columns];
        directions = new double[Rows * columns];
        energies = new double[Rows];
        eigen = new SymmetricEigen(2 * Rows);
    }

    /// <summary>Length of the rows, d.</summary>
    public int Columns { get; }

    /// <summary>Rows that are kept, l.</summary>
    public int Rows { get; }

    /// <summary>Rows of B now: less than 2 l.</summary>
    public int Count { get; private set; }

    /// <summary>|A|^2, the squares of all elements together.</summary>
    public double Energy { get; private set; }

    /// <summary>Most that |Ax|^2 - |Bx|^2 is for any x of length 1: what was taken off in all.</summary>
    public double Deficit { get; private set; }

    /// <summary>Directions as of the last time that B was shrunk.</summary>
    public int DirectionCount { get; private set; }

    /// <summary>Row of B.</summary>
    public ReadOnlySpan<double> Row(int index) => buffer.AsSpan(index * Columns, Columns);

    /// <summary>The direction with the most energy but <paramref name="rank"/>; of length 1, and at right angles to the others.</summary>
    public ReadOnlySpan<double> Direction(int rank) => directions.AsSpan(rank * Columns, Columns);

    /// <summary>|Bx|^2 of that direction when it was found, before B was shrunk.</summary>
    public double DirectionEnergy(int rank) => energies[rank];

    /// <summary>Adds a row of A; its numbers have to be finite.</summary>
    public void Append(ReadOnlySpan<double> row)
    {
        Energy += VectorKernels.Dot(row, row);
        Insert(row);
    }

    /// <summary>Adds all rows of the matrix of another sketch of as many columns; the bounds hold for the whole.</summary>
    public void Merge(FastFrequentDirections other)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(other.Columns, Columns);
        for (int index = 0; index < other.Count; index++)
            Insert(other.Row(index));
        Energy += other.Energy;
        Deficit += other.Deficit;
    }

    /// <summary>Multiplies all of A so far: <paramref name="factor"/> below 1 lets the past count less.</summary>
    public void Scale(double factor)
    {
        for (int index = 0; index < Count * Columns; index++)
            buffer[index] *= factor;
        for (int rank = 0; rank < DirectionCount; rank++)
            energies[rank] *= factor * factor;
        Energy *= factor * factor;
        Deficit *= factor * factor;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => (Count, DirectionCount, Energy, Deficit) = (0, 0, 0, 0);

    private void Insert(ReadOnlySpan<double> row)
    {
        row.CopyTo(buffer.AsSpan(Count * Columns, Columns));
        if (++Count == 2 * Rows)
            Shrink();
    }

    /// <summary>B becomes the rows S V of its singular value decomposition, each S^2 less by the one of rank l.</summary>
    private void Shrink()
    {
        for (int row = 0; row < Count; row++)
        {
            for (int column = 0; column <= row; column++)
                eigen.Matrix[(row * Count) + column] = eigen.Matrix[(column * Count) + row] = VectorKernels.Dot(Row(row), Row(column));
        }

        eigen.Solve();
        double cut = Math.Max(0, eigen.Value(Rows - 1)), least = eigen.Value(0) * Negligible;
        DirectionCount = 0;
        for (int rank = 0; rank < Rows && eigen.Value(rank) > least; rank++)
            AddDirection(rank);
        Count = 0;
        for (int rank = 0; rank < DirectionCount && energies[rank] > cut; rank++)
            VectorKernels.AddScaled(Math.Sqrt(energies[rank] - cut), Direction(rank), Blank(Count++));
        Deficit += cut;
    }

    private void AddDirection(int rank)
    {
        Span<double> direction = directions.AsSpan(rank * Columns, Columns);
        direction.Clear();
        for (int row = 0; row < Count; row++)
            VectorKernels.AddScaled(eigen.Vector(rank)[row], Row(row), direction);
        double length = Math.Sqrt(VectorKernels.Dot(direction, direction));
        foreach (ref double element in direction)
            element /= length;
        energies[rank] = eigen.Value(rank);
        DirectionCount++;
    }

    private Span<double> Blank(int row)
    {
        Span<double> blank = buffer.AsSpan(row * Columns, Columns);
        blank.Clear();
        return blank;
    }
}
