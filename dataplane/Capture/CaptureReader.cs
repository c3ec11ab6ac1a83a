namespace OppTel.Capture;

/// <summary>
/// Reads the frames of a capture file one after the other. Plain pcap files are read byte for byte as they are; libpcap,
/// which shortens the frames of a file that claims too small a snap length, reads all other kinds.
/// </summary>
public abstract class CaptureReader : IDisposable
{
    private protected CaptureReader(string path, CaptureFormat format)
    {
        FilePath = path;
        Format = format;
    }

    /// <summary>What a pcap file with these frames has in its header.</summary>
    public CaptureFormat Format { get; }

    private protected string FilePath { get; }

    /// <summary>Opens a pcap or pcapng file.</summary>
    /// <exception cref="CaptureException">It cannot be read or is not a capture.</exception>
    /// <exception cref="DllNotFoundException">It is not a plain pcap file, and there is no libpcap.</exception>
    public static CaptureReader Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, PcapReader.BufferSize);
            byte[] start = new byte[CaptureFormat.Size];
            int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            CaptureFormat? format = CaptureFormat.Recognise(start.AsSpan(..length));
            if (format is not null)
                return new PcapReader(path, format, file);
            bool isPipe = !file.CanSeek;
            file.Dispose();
            return isPipe ? throw new CaptureException(path, "not a pcap file; other captures cannot come through a pipe") : LibPcapReader.OpenFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new CaptureException(path, exception.Message);
        }
    }

    /// <summary>Reads the next frame.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="bytes">Its bytes, until the next call.</param>
    /// <returns>False behind the last frame.</returns>
    /// <exception cref="CaptureException">The file breaks off or is malformed from here on.</exception>
    public abstract bool TryRead(out CaptureHeader header, out ReadOnlySpan<byte> bytes);

    /// <summary>Closes the file.</summary>
    public abstract void Dispose();
}
