namespace OppTel.Sketches.FrequentDirections;

/// <summary>
/// Eigenvalues and eigenvectors of small symmetric matrices by cyclic Jacobi rotations, which find small eigenvalues beside large ones to
/// nearly full precision. Allocates nothing after construction; used by one thread.
/// </summary>
/// <param name="size">Rows of the matrices.</param>
internal sealed class SymmetricEigen(int size)
{
    /// <summary>A cyclic sweep converges quadratically: 6 to 8 suffice, and this many mean numbers that are not finite.</summary>
    private const int MaxSweeps = 30;

    private const double Negligible = 1e-16;

    private readonly double[] matrix = new double[size * size];
    private readonly double[] vectors = new double[size * size];
    private readonly int[] order = new int[size];

    /// <summary>The matrix to take apart, row by row; what is in it afterwards is of no use.</summary>
    public Span<double> Matrix => matrix;

    /// <summary>The eigenvalue that is exceeded by <paramref name="rank"/> others.</summary>
    public double Value(int rank) => matrix[(order[rank] * size) + order[rank]];

    /// <summary>Its eigenvector, of length 1.</summary>
    public ReadOnlySpan<double> Vector(int rank) => vectors.AsSpan(order[rank] * size, size);

    /// <summary>Takes <see cref="Matrix"/> apart.</summary>
    public void Solve()
    {
        vectors.AsSpan().Clear();
        for (int row = 0; row < size; row++)
            vectors[(row * size) + row] = 1;
        for (int sweep = 0; sweep < MaxSweeps && Sweep(); sweep++)
        {
        }

        Sort();
    }

    /// <summary>Rotates each element off the diagonal to 0 once; false when none was worth it.</summary>
    private bool Sweep()
    {
        bool rotated = false;
        for (int p = 0; p < size - 1; p++)
        {
            for (int q = p + 1; q < size; q++)
            {
                double off = matrix[(p * size) + q];
                // Relative to both diagonal elements: small eigenvalues keep their precision beside large ones.
                if (off == 0 || Math.Abs(off) <= Negligible * Math.Sqrt(Math.Abs(matrix[(p * size) + p] * matrix[(q * size) + q])))
                    continue;
                Rotate(p, q, off);
                rotated = true;
            }
        }

        return rotated;
    }

    private void Rotate(int p, int q, double off)
    {
        double theta = (matrix[(q * size) + q] - matrix[(p * size) + p]) / (2 * off);
        double tangent = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        double cosine = 1 / Math.Sqrt((tangent * tangent) + 1), sine = tangent * cosine;
        double diagonalP = matrix[(p * size) + p] - (tangent * off), diagonalQ = matrix[(q * size) + q] + (tangent * off);
        Turn(matrix.AsSpan(p * size, size), matrix.AsSpan(q * size, size), cosine, sine);
        // The matrix is symmetric: its columns are what its rows have become.
        for (int row = 0; row < size; row++)
        {
            matrix[(row * size) + p] = matrix[(p * size) + row];
            matrix[(row * size) + q] = matrix[(q * size) + row];
        }

        matrix[(p * size) + p] = diagonalP;
        matrix[(q * size) + q] = diagonalQ;
        matrix[(p * size) + q] = matrix[(q * size) + p] = 0;
        Turn(vectors.AsSpan(p * size, size), vectors.AsSpan(q * size, size), cosine, sine);
    }

    private static void Turn(Span<double> first, Span<double> second, double cosine, double sine)
    {
        for (int index = 0; index < first.Length; index++)
        {
            double a = first[index], b = second[index];
            first[index] = (cosine * a) - (sine * b);
            second[index] = (sine * a) + (cosine * b);
        }
    }

    private void Sort()
    {
        for (int index = 0; index < size; index++)
        {
            int place = index;
            for (; place > 0 && matrix[(order[place - 1] * size) + order[place - 1]] < matrix[(index * size) + index]; place--)
                order[place] = order[place - 1];
            order[place] = index;
        }
    }
}
