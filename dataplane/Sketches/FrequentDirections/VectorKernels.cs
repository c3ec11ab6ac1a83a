using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OppTel.Sketches.FrequentDirections;

/// <summary>
/// Products and sums of vectors of doubles of equal length. Each path has the same signature; the scalar one finishes what is left of the
/// others, and is what tests compare them with. Vectors of 256 bits are those of AVX, of 128 bits those of AdvSimd.
/// </summary>
public static class VectorKernels
{
    /// <summary>The scalar product.</summary>
    public static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right) =>
        Vector256.IsHardwareAccelerated ? Dot256(left, right)
        : Vector128.IsHardwareAccelerated ? Dot128(left, right)
        : DotScalar(left, right);

    /// <summary>Adds <paramref name="factor"/> times <paramref name="source"/> to <paramref name="target"/>.</summary>
    public static void AddScaled(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        if (Vector256.IsHardwareAccelerated)
            AddScaled256(factor, source, target);
        else if (Vector128.IsHardwareAccelerated)
            AddScaled128(factor, source, target);
        else
            AddScaledScalar(factor, source, target);
    }

    internal static double DotScalar(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double sum = 0;
        for (int index = 0; index < left.Length; index++)
            sum += left[index] * right[index];
        return sum;
    }

    internal static double Dot128(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        ReadOnlySpan<Vector128<double>> a = MemoryMarshal.Cast<double, Vector128<double>>(left);
        ReadOnlySpan<Vector128<double>> b = MemoryMarshal.Cast<double, Vector128<double>>(right)[..a.Length];
        Vector128<double> sum = Vector128<double>.Zero;
        for (int index = 0; index < a.Length; index++)
            sum += a[index] * b[index];
        int done = a.Length * Vector128<double>.Count;
        return Vector128.Sum(sum) + DotScalar(left[done..], right[done..]);
    }

    internal static double Dot256(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        ReadOnlySpan<Vector256<double>> a = MemoryMarshal.Cast<double, Vector256<double>>(left);
        ReadOnlySpan<Vector256<double>> b = MemoryMarshal.Cast<double, Vector256<double>>(right)[..a.Length];
        Vector256<double> sum = Vector256<double>.Zero;
        for (int index = 0; index < a.Length; index++)
            sum += a[index] * b[index];
        int done = a.Length * Vector256<double>.Count;
        return Vector256.Sum(sum) + DotScalar(left[done..], right[done..]);
    }

    internal static void AddScaledScalar(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        for (int index = 0; index < source.Length; index++)
            target[index] += factor * source[index];
    }

    internal static void AddScaled128(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        ReadOnlySpan<Vector128<double>> from = MemoryMarshal.Cast<double, Vector128<double>>(source);
        Span<Vector128<double>> to = MemoryMarshal.Cast<double, Vector128<double>>(target)[..from.Length];
        for (int index = 0; index < from.Length; index++)
            to[index] += from[index] * factor;
        int done = from.Length * Vector128<double>.Count;
        AddScaledScalar(factor, source[done..], target[done..]);
    }

    internal static void AddScaled256(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        ReadOnlySpan<Vector256<double>> from = MemoryMarshal.Cast<double, Vector256<double>>(source);
        Span<Vector256<double>> to = MemoryMarshal.Cast<double, Vector256<double>>(target)[..from.Length];
        for (int index = 0; index < from.Length; index++)
            to[index] += from[index] * factor;
        int done = from.Length * Vector256<double>.Count;
        AddScaledScalar(factor, source[done..], target[done..]);
    }
}
