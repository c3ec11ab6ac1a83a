using System.Runtime.CompilerServices;

namespace OppTel.Sketches;

/// <summary>A sum in parts: an addition need not wait for the one before it, which is still on its way to memory.</summary>
[InlineArray(Parts)]
internal struct PartialSums
{
    private const int Parts = 8;
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
    /// <param name="number">Any number; consecutive values with different ones do not wait for each other.</param>
    /// <param name="value">What to add.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int number, double value) => this[number & (Parts - 1)] += value;
}
