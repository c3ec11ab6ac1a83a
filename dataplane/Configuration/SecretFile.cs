using Microsoft.Win32.SafeHandles;

namespace OppTel.Configuration;

/// <summary>A file with a secret: its owner and group may read it, nobody else.</summary>
public static class SecretFile
{
    private const UnixFileMode TooOpen =
        UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

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
}
