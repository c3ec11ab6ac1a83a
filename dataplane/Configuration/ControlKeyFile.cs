using OppTel.Wire;

namespace OppTel.Configuration;

/// <summary>The file that holds the secret of one host and its DPU: 64 hexadecimal digits, readable by its owner and group at most.</summary>
public static class ControlKeyFile
{
    /// <summary>Reads the key; <see cref="ControlKey.Public"/> when no file is configured.</summary>
    /// <param name="path">Path, or null for none.</param>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public static ControlKey Load(string? path)
    {
        if (path is null)
            return ControlKey.Public;
        string text = SecretFile.ReadAllText("key file", path);
        try
        {
            byte[] key = Convert.FromHexString(text.Trim());
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
    }
}
