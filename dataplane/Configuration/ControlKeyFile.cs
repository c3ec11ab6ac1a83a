using OppTel.Wire;

namespace OppTel.Configuration;

/// <summary>The file that holds the secret of one host and its DPU: 64 hexadecimal digits, readable by its owner and group at most.</summary>
public static class ControlKeyFile
{
    private const UnixFileMode TooOpen =
        UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the key; <see cref="ControlKey.Public"/> when no file is configured.</summary>
    /// <param name="path">Path, or null for none.</param>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public static ControlKey Load(string? path)
    {
        if (path is null)
            return ControlKey.Public;
        try
        {
            UnixFileMode mode = File.GetUnixFileMode(path);
            if ((mode & TooOpen) != 0)
                throw new OperatorException(ExitCode.Configuration, $"the key file {path} is open to others ({Octal(mode)}); run: chmod 640 {path}");
            byte[] key = Convert.FromHexString(File.ReadAllText(path).Trim());
            if (key.Length != 32)
                throw new FormatException($"{key.Length} bytes");
            return ControlKey.FromBytes(key);
        }
        catch (FormatException exception)
        {
            throw new OperatorException(
                ExitCode.Configuration,
                $"the key file {path} does not hold 64 hexadecimal digits ({exception.Message}); make one with: openssl rand -hex 32",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OperatorException(ExitCode.Configuration, $"cannot read the key file {path}: {exception.Message}", exception);
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);
}
