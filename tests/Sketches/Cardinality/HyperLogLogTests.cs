using CsCheck;
using OppTel.Sketches.Cardinality;

namespace OppTel.Sketches.Tests.Cardinality;

public class HyperLogLogTests
{
    private const double FiveSigma = 5 * HyperLogLog.StandardError;

    /// <summary>Keys that are neighbours, random, powers of two or have the same lower half, some of them again and again.</summary>
    private static readonly Gen<ulong[]> Keys = Gen.Select(Gen.Int[0, 3], Gen.OneOf(0, 1, 20, 700, 800, 3000, 30_000), Gen.ULong).Select((kind, count, seed) =>
        Enumerable.Range(0, count).Select(index => kind switch
        {
            0 => seed + (ulong)index,
            1 => (seed | 1) * (ulong)(index + 1) * 0x9E3779B97F4A7C15,
            2 => (ulong)index << 40,
            _ => 1UL << (index % 64),
        }).ToArray());

    [Fact]
    public void The_estimate_is_within_five_standard_errors_of_the_exact_count() => Keys.Sample(keys =>
    {
        HyperLogLog sketch = Of(keys);
        int exact = keys.ToHashSet().Count;
        // Of few keys, two share one of 2^26 registers in one set of 250; that it happens four times is out of the question.
        double error = sketch.IsSparse ? 3.5 : FiveSigma * exact;
        Assert.InRange(sketch.Estimate, exact - error, exact + error);
    });

    [Fact]
    public void The_mean_over_many_sets_shows_no_bias_from_the_change_of_mode_to_large_sets()
    {
        const int sets = 60;
        foreach (int count in (int[])[800, 2000, 5000, 10_000, 12_000, 15_000, 20_000, 60_000])
        {
            double ratio = Enumerable.Range(1, sets).Average(set => Of(Enumerable.Range(0, count).Select(index => ((ulong)set << 32) + (ulong)index)).Estimate / count);
            Assert.InRange(ratio, 1 - (FiveSigma / Math.Sqrt(sets)), 1 + (FiveSigma / Math.Sqrt(sets)));
        }
    }

    [Fact]
    public void Small_sets_are_counted_exactly() => Gen.Int[0, 500].Sample(count =>
        Assert.Equal(count, Math.Round(Of(Enumerable.Range(0, count).Select(index => (ulong)index)).Estimate)));

    [Fact]
    public void A_merge_is_the_union() => Gen.Select(Keys, Keys).Sample((one, other) =>
    {
        HyperLogLog merged = Of(one);
        merged.Merge(Of(other));
        AssertEqual(Of([.. one, .. other]), merged);
    });

    [Fact]
    public void Order_and_repetition_change_nothing() => Gen.Select(Keys, Gen.Int).Sample((keys, seed) =>
    {
        ulong[] shuffled = [.. keys, .. keys];
        new Random(seed).Shuffle(shuffled);
        AssertEqual(Of(keys), Of(shuffled));
    });

    [Fact]
    public void The_registers_of_both_modes_are_those_of_the_definition() => Gen.ULong.Array[0, 2000].Sample(hashes =>
    {
        byte[] expected = new byte[DenseRegisters.Count], sparse = new byte[DenseRegisters.Count], dense = new byte[DenseRegisters.Count];
        foreach (ulong hash in hashes)
        {
            // The definition, digit by digit.
            string digits = Convert.ToString((long)hash, 2).PadLeft(64, '0');
            int index = Convert.ToInt32(digits[..12], 2), rank = (digits[12..] + '1').IndexOf('1') + 1;
            expected[index] = Math.Max(expected[index], (byte)rank);
            Raise(sparse, SparseRegisters.Decode(SparseRegisters.Encode(hash)));
            Raise(dense, DenseRegisters.Decode(hash));
        }

        Assert.Equal(expected, dense);
        Assert.Equal(expected, sparse);
    }, iter: 30);

    [Fact]
    public void Hashes_full_of_zeros_have_the_largest_rank()
    {
        foreach (ulong hash in (ulong[])[0, 1, 1UL << 37, 1UL << 38, 1UL << 51, 1UL << 52, ulong.MaxValue << 52, ulong.MaxValue << 38])
            Assert.Equal(DenseRegisters.Decode(hash), SparseRegisters.Decode(SparseRegisters.Encode(hash)));
        Assert.Equal((0, (byte)DenseRegisters.LargestRank), DenseRegisters.Decode(0));
    }

    [Fact]
    public void No_register_in_use_means_no_key_and_all_full_ones_mean_no_end()
    {
        Assert.Equal(0, DenseRegisters.Estimate(new byte[DenseRegisters.Count]));
        byte[] full = new byte[DenseRegisters.Count];
        Array.Fill(full, (byte)DenseRegisters.LargestRank);
        Assert.Equal(double.PositiveInfinity, DenseRegisters.Estimate(full));
    }

    [Fact]
    public void A_cleared_sketch_is_a_new_one_and_memory_is_bounded() => Gen.Select(Keys, Keys).Sample((before, after) =>
    {
        HyperLogLog sketch = Of(before);
        sketch.Clear();
        Assert.Equal(0, sketch.Estimate);
        foreach (ulong key in after)
            sketch.Add(key);
        AssertEqual(Of(after), sketch);
        Assert.InRange(sketch.Bytes, 0, 8192);
    });

    private static HyperLogLog Of(IEnumerable<ulong> keys)
    {
        HyperLogLog sketch = new();
        foreach (ulong key in keys)
            sketch.Add(key);
        return sketch;
    }

    private static void AssertEqual(HyperLogLog expected, HyperLogLog actual)
    {
        byte[] registers = new byte[DenseRegisters.Count], others = new byte[DenseRegisters.Count];
        expected.CopyTo(registers);
        actual.CopyTo(others);
        Assert.Equal(registers, others);
        Assert.Equal((expected.IsSparse, expected.Estimate), (actual.IsSparse, actual.Estimate));
    }

    private static void Raise(byte[] registers, (int Index, byte Rank) register) =>
        registers[register.Index] = Math.Max(registers[register.Index], register.Rank);
}
