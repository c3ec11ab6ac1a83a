namespace OppTel.Capture;

/// <summary>What a capture file says of a frame: the fields of a pcap file's record header.</summary>
/// <param name="Seconds">Since 1970.</param>
/// <param name="Fraction">Microseconds or nanoseconds, as the file has them; more than a second in malformed files.</param>
/// <param name="CapturedLength">Bytes in the file.</param>
/// <param name="Length">Bytes on the wire.</param>
public readonly record struct CaptureHeader(uint Seconds, uint Fraction, uint CapturedLength, uint Length)
{
    /// <summary>Bytes of a record header in a pcap file.</summary>
    internal const int Size = 16;

    /// <summary>Whether the file holds the whole frame.</summary>
    public bool IsWhole => CapturedLength == Length;
}
