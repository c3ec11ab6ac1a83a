using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>A sum in parts: an addition need not wait for the one before it, which is still on its way to memory.</summary>
[InlineArray(Parts)]
internal struct PartialSums
{
    private const int Parts = 8;
    private const int MantissaBit = 46;
    private double part;

    /// <summary>All parts together.</summary>
    public readonly double Total
    {
        get
        {
            double total = 0;
            foreach (double sum in this)
                total += sum;
            return total;
        }
    }

    /// <summary>Adds to one of the parts.</summary>
    /// <param name="bits">Those of the value: some of its mantissa choose the part, as values that follow each other rarely share them.</param>
    /// <param name="value">What to add.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long bits, double value) => this[(int)(bits >> MantissaBit) & (Parts - 1)] += value;
}
