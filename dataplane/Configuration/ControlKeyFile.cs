using OppTel.Wire;

namespace OppTel.Configuration;

/// <summary>
/// The file that holds the secret of one host and its DPU, readable by its owner and group at most: one key of 64 hexadecimal digits, or two
/// during a rotation, each in a line of its own. The first signs, both verify. What follows a # is a comment.
/// </summary>
public static class ControlKeyFile
{
    private const string Remedy = "make one with: opptel-host keygen --out FILE";

    /// <summary>Reads the keys; <see cref="ControlKey.Public"/> when no file is configured.</summary>
    /// <param name="path">Path, or null for none.</param>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public static ControlKey Load(string? path) => path is null ? ControlKey.Public : ControlKey.FromKeys(Read(path));

    /// <summary>Reads the keys of a file, one or two.</summary>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public static IReadOnlyList<SecretKey> Read(string path) => Parse(path, SecretFile.ReadAllText("key file", path));

    /// <summary>Reads the keys out of the text of a file.</summary>
    /// <exception cref="OperatorException">They are not one or two keys.</exception>
    public static IReadOnlyList<SecretKey> Parse(string path, string text)
    {
        List<SecretKey> keys = [];
        string[] lines = text.Split('\n');
        for (int number = 1; number <= lines.Length; number++)
        {
            string line = lines[number - 1].Split('#')[0].Trim();
            if (line.Length == 0)
                continue;
            SecretKey key = ParseKey(line) ?? throw Problem($"the key file {path}, line {number}, does not hold 64 hexadecimal digits; {Remedy}");
            if (ControlKey.Public.Keys[0].IsSame(key))
                throw Problem($"the key file {path}, line {number}, holds the key of zeros, which everybody knows; {Remedy}");
            if (keys.Exists(key.IsSame))
                throw Problem($"the key file {path}, line {number}, holds the same key again; take the line out");
            keys.Add(key);
        }

        return keys.Count switch
        {
            0 => throw Problem($"the key file {path} holds no key of 64 hexadecimal digits; {Remedy}"),
            > ControlKey.MaxKeys => throw Problem($"the key file {path} holds {keys.Count} keys where {ControlKey.MaxKeys} are the most; take out those that are over"),
            _ => keys,
        };
    }

    private static SecretKey? ParseKey(string digits)
    {
        Span<byte> bytes = stackalloc byte[SecretKey.Size];
        return digits.Length == 2 * SecretKey.Size && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            ? new SecretKey(bytes)
            : null;
    }

    private static OperatorException Problem(string message) => new(ExitCode.Configuration, message);
}
