using OppTel.Capture;
using OppTel.Configuration;
using OppTel.Wire.Tunnels;

namespace OppTel.Dataplane.Replay;

/// <summary>The capture that is replayed and, if wanted, the one that is written.</summary>
internal sealed class ReplayFiles : IDisposable
{
    private readonly CaptureReader reader;
    private readonly CaptureWriter? writer;

    private ReplayFiles(CaptureReader reader, CaptureWriter? writer)
    {
        this.reader = reader;
        this.writer = writer;
    }

    /// <summary>Opens both.</summary>
    /// <param name="file">Capture to read.</param>
    /// <param name="stripped">Capture to write, or null.</param>
    /// <exception cref="OperatorException">One of them cannot be opened.</exception>
    public static ReplayFiles Open(string file, string? stripped)
    {
        CaptureReader reader;
        try
        {
            reader = CaptureReader.Open(file);
        }
        catch (CaptureException exception)
        {
            throw new OperatorException(ExitCode.BadInput, exception.Message, exception);
        }

        try
        {
            return new ReplayFiles(reader, stripped is null ? null : Create(file, stripped, reader));
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Replays to the end or to where the capture breaks off.</summary>
    /// <returns>Why the capture could not be read further; null when it was read whole.</returns>
    /// <exception cref="OperatorException">The output cannot be written.</exception>
    public CaptureException? Run(Replayer replayer)
    {
        try
        {
            while (reader.TryRead(out CaptureHeader header, out ReadOnlySpan<byte> bytes))
                Pass(replayer, header, bytes);
            return null;
        }
        catch (CaptureException exception)
        {
            return exception;
        }
    }

    /// <summary>Puts the output into its file.</summary>
    /// <exception cref="OperatorException">Some of it could not be written.</exception>
    public void Complete()
    {
        try
        {
            writer?.Complete();
        }
        catch (CaptureException exception)
        {
            throw Unwritable(exception);
        }
    }

    /// <summary>Closes both.</summary>
    public void Dispose()
    {
        writer?.Dispose();
        reader.Dispose();
    }

    private void Pass(Replayer replayer, CaptureHeader header, ReadOnlySpan<byte> bytes)
    {
        bool leaves = replayer.Judge(bytes, header.IsWhole, reader.Format.IsEthernet, out int cut, out OuterHeaders outer);
        if (!leaves || writer is null)
            return;
        uint less = (uint)cut;
        if (outer.IsTunnel)
        {
            byte[] mended = bytes.ToArray();
            OuterLengths.Shorten(mended, outer, cut);
            bytes = mended;
        }

        try
        {
            writer.Write(header with { CapturedLength = header.CapturedLength - less, Length = header.Length - less }, bytes[..^cut]);
        }
        catch (CaptureException exception)
        {
            throw Unwritable(exception);
        }
    }

    private static OperatorException Unwritable(CaptureException exception) =>
        new(ExitCode.System, $"--stripped {exception.Message}", exception);

    private static CaptureWriter Create(string file, string stripped, CaptureReader reader)
    {
        if (Resolve(file) == Resolve(stripped))
            throw new OperatorException(ExitCode.Usage, $"--stripped {stripped}: this is the capture that is read; name another file");
        try
        {
            return CaptureWriter.Create(stripped, reader.Format);
        }
        catch (CaptureException exception)
        {
            throw Unwritable(exception);
        }
    }

    private static string Resolve(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
}
