using OppTel.Configuration;

namespace OppTel.Host.Survey;

/// <summary>
/// A file that is written at the end of something long: that it can be written is known at the beginning, and until the end
/// whatever was there before stays as it is.
/// </summary>
public sealed class OutputFile : IDisposable
{
    private readonly string path;
    private readonly FileStream stream;
    private bool isOurs;

    private OutputFile(string path)
    {
        this.path = path;
        isOurs = !File.Exists(path);
        // Without a buffer, which would be written again at the end when that had failed before.
        stream = new FileStream(path, isOurs ? FileMode.CreateNew : FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Opens the file.</summary>
    /// <exception cref="OperatorException">It cannot be written.</exception>
    public static OutputFile Reserve(string path)
    {
        try
        {
            return new OutputFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw NotWritten(path, exception);
        }
    }

    /// <summary>Replaces what was there.</summary>
    /// <exception cref="OperatorException">It cannot be written.</exception>
    public void Write(string content)
    {
        try
        {
            // Pipes and devices have nothing to cut.
            if (stream.CanSeek && stream.Length > 0)
                stream.SetLength(0);
            using (StreamWriter writer = new(stream, leaveOpen: true))
                writer.Write(content);
            isOurs = false;
        }
        catch (IOException exception)
        {
            throw NotWritten(path, exception);
        }
    }

    /// <summary>Removes a file that was made and not written whole.</summary>
    public void Dispose()
    {
        stream.Dispose();
        if (isOurs)
            File.Delete(path);
    }

    private static OperatorException NotWritten(string path, Exception exception) =>
        new(ExitCode.System, $"cannot write {path} (--html): {exception.Message}", exception);
}
