using Microsoft.Win32.SafeHandles;

namespace OppTel.Capture;

/// <summary>Writes frames into a pcap file with the file header of the capture that they come from.</summary>
public sealed class CaptureWriter : IDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly string path;
    private readonly CaptureFormat format;
    private readonly SafeFileHandle handle;
    private readonly FileStream file;
    private bool failed;

    private CaptureWriter(string path, CaptureFormat format, SafeFileHandle handle)
    {
        this.path = path;
        this.format = format;
        this.handle = handle;
        file = new FileStream(handle, FileAccess.Write, BufferSize);
        Put(format.Header);
    }

    /// <summary>Creates or empties a file.</summary>
    /// <exception cref="CaptureException">It cannot be written.</exception>
    public static CaptureWriter Create(string path, CaptureFormat format)
    {
        try
        {
            return new CaptureWriter(path, format, File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CaptureException(path, exception.Message);
        }
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="header">Its captured length is that of <paramref name="bytes"/>.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="CaptureException">The file cannot be written.</exception>
    public void Write(CaptureHeader header, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.CapturedLength, (uint)bytes.Length);
        Span<byte> record = stackalloc byte[CaptureHeader.Size];
        format.WriteRecord(record, header);
        Put(record);
        Put(bytes);
    }

    /// <summary>Puts everything into the file.</summary>
    /// <exception cref="CaptureException">The file cannot be written.</exception>
    public void Complete()
    {
        try
        {
            file.Flush();
        }
        catch (IOException exception)
        {
            failed = true;
            throw new CaptureException(path, exception.Message);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        // What could not be written is not tried again.
        if (failed)
            handle.Dispose();
        file.Dispose();
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        try
        {
            file.Write(bytes);
        }
        catch (IOException exception)
        {
            failed = true;
            throw new CaptureException(path, exception.Message);
        }
    }
}
