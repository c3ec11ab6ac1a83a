using OppTel.Wire;
using Encoding = OppTel.Catalog.Metric.Types.Encoding;

namespace OppTel.Telemetry;

/// <summary>How raw values of a series are read.</summary>
/// <param name="Encoding">What the bits mean.</param>
/// <param name="Scale">A raw number times this is in the family's unit.</param>
public readonly record struct ValueEncoding(Encoding Encoding, double Scale)
{
    /// <summary>Whether raw values count modulo 2^48.</summary>
    public bool IsUnsigned => Encoding == Encoding.Unsigned;

    /// <summary>The value in the family's unit; of an unsigned one as if it never had wrapped.</summary>
    /// <param name="raw">As it was carried; 48 bits, or 64 for samples.</param>
    /// <param name="isSample">Whether all 64 bits count.</param>
    public double Read(ulong raw, bool isSample) => Encoding switch
    {
        Encoding.Unsigned => raw & WireFormat.Mask48,
        Encoding.Signed => isSample ? (long)raw : (long)(raw << 16) >> 16,
        _ => BitConverter.UInt64BitsToDouble(isSample ? raw : raw << 16),
    } * Scale;
}
