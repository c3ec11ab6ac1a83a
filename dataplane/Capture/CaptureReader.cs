using System.Buffers.Binary;

namespace OppTel.Capture;

/// <summary>Reads the frames of a pcap or pcapng file one after the other, through libpcap. Allocates nothing per frame.</summary>
public sealed unsafe class CaptureReader : IDisposable
{
    private const uint MicrosecondMagic = 0xA1B2C3D4;
    private const uint ModifiedMagic = 0xA1B2CD34;

    private readonly string path;
    private nint capture;

    private CaptureReader(string path, nint capture)
    {
        this.path = path;
        this.capture = capture;
        LinkType = Native.pcap_datalink(capture);
    }

    /// <summary>Type of the link layer, as libpcap numbers them; <see cref="Ethernet"/> is the one with rules.</summary>
    public int LinkType { get; }

    /// <summary>Source: <c>DLT_EN10MB</c>.</summary>
    public const int Ethernet = 1;

    internal nint Handle => capture;

    /// <summary>Opens a capture file.</summary>
    /// <exception cref="CaptureException">It cannot be read or is not a capture.</exception>
    /// <exception cref="DllNotFoundException">There is no libpcap.</exception>
    public static CaptureReader Open(string path)
    {
        byte* error = stackalloc byte[Native.ErrorBufferSize];
        // A full path: libpcap takes "-" for standard input.
        nint capture = Native.pcap_open_offline_with_tstamp_precision(Path.GetFullPath(path), Precision(path), error);
        return capture != 0 ? new CaptureReader(path, capture) : throw new CaptureException(path, Reason(path, Native.Text(error)));
    }

    /// <summary>Reads the next frame.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="bytes">Its bytes, until the next call.</param>
    /// <returns>False behind the last frame.</returns>
    /// <exception cref="CaptureException">The file breaks off or is malformed from here on.</exception>
    public bool TryRead(out CaptureHeader header, out ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(capture == 0, this);
        CaptureHeader* found;
        byte* data;
        int result = Native.pcap_next_ex(capture, &found, &data);
        if (result != Native.Packet)
        {
            header = default;
            bytes = default;
            return result == Native.EndOfFile ? false : throw new CaptureException(path, Native.Text(Native.pcap_geterr(capture)));
        }

        header = *found;
        bytes = new ReadOnlySpan<byte>(data, checked((int)header.CapturedLength));
        return true;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (capture == 0)
            return;
        Native.pcap_close(capture);
        capture = 0;
    }

    /// <summary>The file's own precision, so that nothing is scaled: a malformed fraction would not survive that.</summary>
    private static uint Precision(string path)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (file.CanSeek && file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length)
            {
                uint value = BinaryPrimitives.ReadUInt32LittleEndian(magic);
                uint swapped = BinaryPrimitives.ReverseEndianness(value);
                if (value is MicrosecondMagic or ModifiedMagic || swapped is MicrosecondMagic or ModifiedMagic)
                    return Native.PrecisionMicroseconds;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CaptureException(path, exception.Message);
        }

        return Native.PrecisionNanoseconds;
    }

    /// <summary>libpcap puts the path in front of some of its reasons.</summary>
    private static string Reason(string path, string reason) =>
        reason.StartsWith(Path.GetFullPath(path) + ": ", StringComparison.Ordinal) ? reason[(Path.GetFullPath(path).Length + 2)..] : reason;
}
