using System.Numerics;

namespace OppTel.Bpf;

/// <summary>The bucket of a value in a log-linear histogram of the standard shape: what <c>opptel_histogram_slot</c> is to programs.</summary>
internal static class HistogramBucket
{
    /// <summary>The bucket, counted from 0.</summary>
    public static int Of(ulong value)
    {
        if (value < 1ul << (int)HistogramLayout.LeastBits)
            return 0;
        if (value >= 1ul << (int)HistogramLayout.MostBits)
            return (int)HistogramLayout.Slots - 1;
        int bit = BitOperations.Log2(value), steps = (int)HistogramLayout.StepBits;
        int step = (int)(value >> (bit - steps)) & ((1 << steps) - 1);
        return 1 + ((bit - (int)HistogramLayout.LeastBits) << steps) + step;
    }
}
