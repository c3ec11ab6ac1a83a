namespace OppTel.Capture;

/// <summary>Reads a plain pcap file. Allocates nothing per frame once its buffer has grown to the longest one.</summary>
internal sealed class PcapReader(string path, CaptureFormat format, FileStream file) : CaptureReader(path, format)
{
    internal const int BufferSize = 256 * 1024;

    /// <summary>Far beyond any frame: a longer one is a file gone wrong, and must not take the memory.</summary>
    private const uint LongestFrame = 16 * 1024 * 1024;

    private byte[] buffer = new byte[64 * 1024];

    public override bool TryRead(out CaptureHeader header, out ReadOnlySpan<byte> bytes)
    {
        header = default;
        bytes = default;
        try
        {
            Span<byte> record = buffer.AsSpan(..CaptureHeader.Size);
            int read = file.ReadAtLeast(record, record.Length, throwOnEndOfStream: false);
            if (read == 0)
                return false;
            if (read < record.Length)
                throw new CaptureException(FilePath, "the file breaks off inside a record header");
            header = Format.ReadRecord(record);
            if (header.CapturedLength > LongestFrame)
                throw new CaptureException(FilePath, $"a frame claims {header.CapturedLength} bytes");
            int length = (int)header.CapturedLength;
            if (length > buffer.Length)
                buffer = new byte[length];
            file.ReadExactly(buffer, 0, length);
            bytes = buffer.AsSpan(..length);
            return true;
        }
        catch (EndOfStreamException)
        {
            throw new CaptureException(FilePath, $"the file breaks off inside a frame of {header.CapturedLength} bytes");
        }
        catch (IOException exception)
        {
            throw new CaptureException(FilePath, exception.Message);
        }
    }

    public override void Dispose() => file.Dispose();
}
