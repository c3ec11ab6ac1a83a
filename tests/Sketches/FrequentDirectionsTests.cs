using CsCheck;
using MathNet.Numerics.LinearAlgebra;
using OppTel.Sketches.FrequentDirections;

namespace OppTel.Sketches.Tests;

/// <summary>The bounds of the sketch, against the singular values that another library finds.</summary>
public class FrequentDirectionsTests
{
    private static readonly Gen<(int Columns, int Rows, double[][] Matrix)> AnyMatrix =
        from columns in Gen.Int[1, 24]
        from rows in Gen.Int[1, 10]
        from kind in Gen.Int[0, 4]
        from count in Gen.Int[1, 120]
        from seed in Gen.Int
        select (columns, rows, Make(kind, count, columns, new Random(seed)));

    [Fact]
    public void No_direction_loses_more_than_the_bound_for_any_rank() => AnyMatrix.Sample(input =>
    {
        FastFrequentDirections sketch = SketchOf(input.Columns, input.Rows, input.Matrix);
        AssertBounds(sketch, input.Matrix);
    }, iter: 400);

    [Fact]
    public void A_merged_sketch_keeps_the_bound_of_both_matrices_together() => Gen.Select(AnyMatrix, Gen.Double[0, 1]).Sample(
        (input, share) =>
        {
            int half = (int)(share * input.Matrix.Length);
            FastFrequentDirections sketch = SketchOf(input.Columns, input.Rows, input.Matrix[..half]);
            sketch.Merge(SketchOf(input.Columns, input.Rows, input.Matrix[half..]));
            AssertBounds(sketch, input.Matrix);
        }, iter: 300);

    [Fact]
    public void A_matrix_of_lower_rank_is_kept_exactly()
    {
        Random random = new(1);
        double[][] matrix = Make(3, 500, 40, random);
        FastFrequentDirections sketch = SketchOf(40, 6, matrix);
        AssertBounds(sketch, matrix);
        Assert.InRange(sketch.Deficit, 0, sketch.Energy * 1e-12);
    }

    [Fact]
    public void Directions_are_those_of_the_decomposition()
    {
        Random random = new(2);
        double[][] matrix = Make(3, 16, 30, random);
        FastFrequentDirections sketch = SketchOf(30, 8, matrix);
        MathNet.Numerics.LinearAlgebra.Factorization.Svd<double> svd = Matrix<double>.Build.DenseOfRowArrays(matrix).Svd();
        Assert.Equal(3, sketch.DirectionCount);
        for (int rank = 0; rank < 3; rank++)
        {
            double cosine = svd.VT.Row(rank).DotProduct(Vector<double>.Build.Dense(sketch.Direction(rank).ToArray()));
            Assert.Equal(1, Math.Abs(cosine), 1e-9);
            Assert.Equal(svd.S[rank] * svd.S[rank], sketch.DirectionEnergy(rank), sketch.Energy * 1e-12);
        }
    }

    [Fact]
    public void Scaling_is_that_of_the_matrix()
    {
        double[][] matrix = Make(0, 77, 12, new Random(3));
        FastFrequentDirections sketch = SketchOf(12, 3, matrix);
        sketch.Scale(0.5);
        AssertBounds(sketch, [.. matrix.Select(row => row.Select(value => value / 2).ToArray())]);
    }

    [Fact]
    public void A_row_allocates_nothing()
    {
        double[][] matrix = Make(0, 1000, 64, new Random(4));
        FastFrequentDirections sketch = new(64);
        Assert.Equal(8, sketch.Rows);
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (double[] row in matrix)
                sketch.Append(row);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Vectors_agree_with_scalars() => Gen.Double[-1e3, 1e3].Array[0, 70].Sample(values =>
    {
        double[] other = [.. values.Select((value, index) => (index * 0.37) - value)];
        double size = values.Zip(other, (a, b) => Math.Abs(a * b)).Sum();
        double exact = VectorKernels.DotScalar(values, other);
        foreach (double dot in (double[])[VectorKernels.Dot(values, other), VectorKernels.Dot128(values, other), VectorKernels.Dot256(values, other)])
            Assert.Equal(exact, dot, (1e-14 * size) + double.Epsilon);
        double[] sum = [.. other], sum128 = [.. other], sum256 = [.. other];
        VectorKernels.AddScaledScalar(1.5, values, sum);
        VectorKernels.AddScaled128(1.5, values, sum128);
        VectorKernels.AddScaled256(1.5, values, sum256);
        for (int index = 0; index < values.Length; index++)
        {
            Assert.Equal(sum[index], sum128[index], 1e-12 * (1 + Math.Abs(sum[index])));
            Assert.Equal(sum[index], sum256[index], 1e-12 * (1 + Math.Abs(sum[index])));
        }
    });

    [Fact]
    public void Eigenvalues_are_those_of_another_library() => Gen.Select(Gen.Int[1, 20], Gen.Int).Sample((size, seed) =>
    {
        Random random = new(seed);
        Matrix<double> factor = Matrix<double>.Build.Dense(size, size, (_, _) => Math.Pow(10, random.Next(-4, 4)) * (random.NextDouble() - 0.5));
        Matrix<double> matrix = factor * factor.Transpose();
        SymmetricEigen eigen = new(size);
        matrix.ToRowMajorArray().CopyTo(eigen.Matrix);
        eigen.Solve();
        double[] expected = [.. matrix.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real).OrderDescending()];
        for (int rank = 0; rank < size; rank++)
        {
            Assert.Equal(expected[rank], eigen.Value(rank), 1e-11 * expected[0]);
            Vector<double> vector = Vector<double>.Build.Dense(eigen.Vector(rank).ToArray());
            Assert.InRange(((matrix * vector) - (vector * eigen.Value(rank))).L2Norm(), 0, 1e-10 * expected[0]);
        }
    }, iter: 300);

    /// <summary>0 &lt;= |Ax|^2 - |Bx|^2 &lt;= |A - A_k|^2 / (l - k), for the x that are worst and for any k.</summary>
    private static void AssertBounds(FastFrequentDirections sketch, double[][] rows)
    {
        Matrix<double> a = Matrix<double>.Build.DenseOfRowArrays(rows);
        Matrix<double> difference = a.TransposeThisAndMultiply(a);
        for (int index = 0; index < sketch.Count; index++)
        {
            Vector<double> row = Vector<double>.Build.Dense(sketch.Row(index).ToArray());
            difference -= row.OuterProduct(row);
        }

        double[] losses = [.. difference.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real)];
        double[] singular = [.. a.Svd(computeVectors: false).S.Select(value => value * value)];
        double energy = singular.Sum(), rounding = 1e-10 * energy;
        Assert.Equal(energy, sketch.Energy, rounding);
        Assert.InRange(losses.Min(), -rounding, double.PositiveInfinity);
        Assert.InRange(losses.Max(), double.NegativeInfinity, sketch.Deficit + rounding);
        for (int rank = 0; rank < sketch.Rows; rank++)
            Assert.InRange(sketch.Deficit, 0, (singular.Skip(rank).Sum() / (sketch.Rows - rank)) + rounding);
    }

    private static FastFrequentDirections SketchOf(int columns, int rows, double[][] matrix)
    {
        FastFrequentDirections sketch = new(columns, rows);
        foreach (double[] row in matrix)
            sketch.Append(row);
        return sketch;
    }

    /// <summary>Matrices that are hard in different ways: noise, one direction, rows that grow, low rank, and directions that come in turn.</summary>
    private static double[][] Make(int kind, int count, int columns, Random random)
    {
        double[][] factors = [.. Enumerable.Range(0, 3).Select(_ => Noise())];
        return [.. Enumerable.Range(0, count).Select(Row)];

        double[] Noise() => [.. Enumerable.Range(0, columns).Select(_ => (random.NextDouble() - 0.5) * 2)];

        double[] Mix(double first, double second, double third) =>
            [.. factors[0].Zip(factors[1], factors[2]).Select(trio => (trio.First * first) + (trio.Second * second) + (trio.Third * third))];

        double[] Row(int index) => kind switch
        {
            0 => Noise(),
            1 => [.. factors[0].Select(value => value * (index + 1))],
            2 => [.. Noise().Select(value => value * Math.Pow(1.2, index % 60))],
            3 => Mix(Math.Sin(index), Math.Cos(3 * index), random.NextDouble()),
            _ => [.. Enumerable.Range(0, columns).Select(column => column == index * columns / count ? 1.0 : 0)],
        };
    }
}
