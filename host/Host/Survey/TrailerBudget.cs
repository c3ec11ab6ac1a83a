using OppTel.Wire;

namespace OppTel.Host.Survey;

/// <summary>How many values a carrier takes. The egress program's rule is <c>opptel_values</c> in bpf/egress.bpf.h.</summary>
/// <param name="MaxTrailer">Longest trailer in bytes.</param>
/// <param name="MaxValues">Most values in a trailer.</param>
public readonly record struct TrailerBudget(int MaxTrailer, int MaxValues)
{
    /// <summary>Bytes of a trailer with one value: less room than that is of no use.</summary>
    public const int Smallest = WireFormat.FooterSize + WireFormat.ValueSize;

    /// <summary>Bytes of the longest trailer that this allows.</summary>
    public int Longest => Size(Values(int.MaxValue));

    /// <summary>Bytes of a trailer.</summary>
    public static int Size(int values) => WireFormat.FooterSize + (values * WireFormat.ValueSize);

    /// <summary>Values that fit behind a packet with this much room, in bytes.</summary>
    public int Values(int room) => Math.Clamp((Math.Min(room, MaxTrailer) - WireFormat.FooterSize) / WireFormat.ValueSize, 0, MaxValues);
}
