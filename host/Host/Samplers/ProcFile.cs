using Microsoft.Win32.SafeHandles;
using OppTel.Configuration;

namespace OppTel.Host.Samplers;

/// <summary>A file of /proc that is read again and again through one descriptor, without allocating.</summary>
internal sealed class ProcFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private byte[] buffer = new byte[16384];

    /// <summary>Opens it; what it says belongs to the network namespace of the opening thread, where that matters.</summary>
    /// <exception cref="OperatorException">It is not there, or not ours to read.</exception>
    public ProcFile(string path)
    {
        Path = path;
        try
        {
            handle = File.OpenHandle(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(ExitCode.Unavailable, $"cannot open {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Reads all of it, as it is now; valid until the next call.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public ReadOnlySpan<byte> Read()
    {
        for (int length = 0; ;)
        {
            int read = RandomAccess.Read(handle, buffer.AsSpan(length), length);
            length += read;
            if (read == 0)
                return buffer.AsSpan(0, length);
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
