using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OppTel.Configuration;

/// <summary>A file with a secret: its owner and group may read it, nobody else.</summary>
public static class SecretFile
{
    private const UnixFileMode TooOpen =
        UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>Reads all of it.</summary>
    /// <param name="what">What it is, for messages, such as "key file".</param>
    /// <param name="path">Path; a link counts as the file that it leads to.</param>
    /// <exception cref="OperatorException">It cannot be read, or others can.</exception>
    public static string ReadAllText(string what, string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            UnixFileMode mode = File.GetUnixFileMode(file);
            if ((mode & TooOpen) != 0)
            {
                throw new OperatorException(
                    ExitCode.Configuration, $"the {what} {path} is open to others ({Convert.ToString((int)mode, 8)}); run: chmod 640 {path}");
            }

            using StreamReader reader = new(new FileStream(file, FileAccess.Read));
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OperatorException(ExitCode.Configuration, $"cannot read the {what} {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Makes a file that its owner can write and its group can read.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="path">Path; nothing may be there yet.</param>
    /// <param name="text">What it holds.</param>
    /// <exception cref="OperatorException">It is there already, or cannot be written.</exception>
    public static void Create(string what, string path, string text)
    {
        try
        {
            Write(path, text, Closed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OperatorException(ExitCode.System, $"cannot make the {what} {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Gives a file other contents at once: who reads it finds the old ones or the new ones. Owner, group and mode stay.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="path">Path; a link counts as the file that it leads to.</param>
    /// <param name="text">What it holds then.</param>
    /// <exception cref="OperatorException">It cannot be written.</exception>
    public static void Replace(string what, string path, string text)
    {
        string? unfinished = null;
        try
        {
            string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            string next = $"{target}.{Environment.ProcessId}.new";
            Write(next, text, File.GetUnixFileMode(target) & ~TooOpen);
            unfinished = next;
            if (!Native.TryLook(Encoding.UTF8.GetBytes(target + '\0'), out FileStatus owner) || Native.ChangeOwner(next, owner.User, owner.Group) != 0)
                throw new IOException("its owner and group cannot be given to the new one");
            File.Move(next, target, overwrite: true);
            unfinished = null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OperatorException(ExitCode.System, $"cannot replace the {what} {path}: {exception.Message}", exception);
        }
        finally
        {
            if (unfinished is not null)
                File.Delete(unfinished);
        }
    }

    private static void Write(string path, string text, UnixFileMode mode)
    {
        using FileStream stream = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }
}
