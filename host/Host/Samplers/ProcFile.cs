using System.Buffers.Text;
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

    /// <summary>Takes the first line off a text.</summary>
    public static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return line;
    }

    /// <summary>Takes the first word off a line.</summary>
    public static ReadOnlySpan<byte> TakeWord(scoped ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        int end = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = end < 0 ? line : line[..end];
        line = end < 0 ? [] : line[end..];
        return word;
    }

    /// <summary>Takes a number off a line; 0 where there is none, as for columns that older kernels do not have.</summary>
    public static ulong TakeNumber(ref ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(TakeWord(ref line), out ulong number, out _) ? number : 0;

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
