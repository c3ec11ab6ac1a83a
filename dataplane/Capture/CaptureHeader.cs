using System.Runtime.InteropServices;

namespace OppTel.Capture;

/// <summary>What a capture file says of a frame. Source: <c>struct pcap_pkthdr</c>.</summary>
/// <param name="Seconds">Since 1970.</param>
/// <param name="Fraction">Microseconds or nanoseconds, as the file has them; larger than a second in malformed files.</param>
/// <param name="CapturedLength">Bytes in the file.</param>
/// <param name="Length">Bytes on the wire.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct CaptureHeader(nint Seconds, nint Fraction, uint CapturedLength, uint Length)
{
    /// <summary>Whether the file holds the whole frame.</summary>
    public bool IsWhole => CapturedLength == Length;
}
