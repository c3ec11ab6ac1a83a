using OppTel.Host.EbpfExporter.Decoders;

namespace OppTel.Host.EbpfExporter;

/// <summary>How the kernel numbers buckets.</summary>
internal enum BucketType
{
    /// <summary>Number n: values above 2^(n-1), up to 2^n.</summary>
    Exp2,

    /// <summary>Number 0: the value 0; number n: values above 2^(n-2), up to 2^(n-1).</summary>
    Exp2zero,

    /// <summary>Number n: values above n-1, up to n.</summary>
    Linear,

    /// <summary>Each number is the bound of its bucket.</summary>
    Fixed,
}

/// <summary>The buckets of a histogram by the numbers that stand at the end of keys; one more number stands for the sum of the values.</summary>
/// <param name="Type">How they are numbered.</param>
/// <param name="Numbers">Of the buckets; they grow.</param>
/// <param name="Multiplier">What a bound, or the sum, is multiplied by to be in the metric's unit; above 0.</param>
/// <param name="Offset">Where in the key the number is.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record BucketKeys(BucketType Type, IReadOnlyList<ulong> Numbers, double Multiplier, int Offset, int Size)
{
    private readonly Dictionary<ulong, int> slots =
        Numbers.Append(Numbers[^1] + 1).Select((number, slot) => (number, slot)).ToDictionary(entry => entry.number, entry => entry.slot);

    /// <summary>Upper bounds in the metric's unit, in the order of the slots; the sum's slot is behind them.</summary>
    public IEnumerable<double> Bounds => Numbers.Select(number => Multiplier * Type switch
    {
        BucketType.Exp2 => Math.ScaleB(1, (int)number),
        BucketType.Exp2zero => number == 0 ? 0 : Math.ScaleB(1, (int)number - 1),
        _ => number,
    });

    /// <summary>Which of the histogram's slots a key counts for; null for a number out of range.</summary>
    public int? SlotOf(ReadOnlySpan<byte> key) =>
        slots.TryGetValue(DecoderKinds.NumberOf(key.Slice(Offset, Size)), out int slot) ? slot : null;
}
