using System.Security.Cryptography;
using OppTel.Configuration;
using OppTel.Wire;

namespace OppTel.Host.Keys;

/// <summary>What can be done with a key file. Each step leaves a file that is right, and says what comes next. Comments of a file stay.</summary>
internal static class KeySteps
{
    private const string What = "key file";

    /// <summary>A new key: 64 hexadecimal digits.</summary>
    public static string NewKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretKey.Size));

    /// <summary>Makes a file with a new key.</summary>
    /// <exception cref="OperatorException">It is there already, or cannot be written.</exception>
    public static string Create(string path)
    {
        SecretFile.Create(What, path, $"{NewKey()}\n");
        return $"""
            {path} holds the key {Fingerprints(path)}. Put the same file on the DPU and on its host, readable for the group of
            opptel-aggregator there (chgrp opptel {path}), and name it as key_file in dataplane.yaml, aggregator.yaml and host.yaml.
            """;
    }

    /// <summary>Adds a new key behind the one in use.</summary>
    /// <exception cref="OperatorException">There are two already, or the file cannot be read or written.</exception>
    public static string Add(string path)
    {
        (List<string> lines, List<int> keys) = Read(path);
        if (keys.Count > 1)
            throw Refusal($"{path} holds two keys already ({Fingerprints(path)}): end that rotation first, with keygen --promote or keygen --drop");
        lines.Add(NewKey());
        Write(path, lines);
        return $"{path} holds {Fingerprints(path)}: the second one is new, is taken from now on and not used yet. Copy the file to the host, "
            + "then run here: opptel-host keygen --promote " + path;
    }

    /// <summary>Puts the second key first.</summary>
    /// <exception cref="OperatorException">There are not two, or the file cannot be read or written.</exception>
    public static string Promote(string path)
    {
        (List<string> lines, List<int> keys) = Read(path);
        RequireTwo(path, keys, "add one with keygen --add");
        (lines[keys[0]], lines[keys[1]]) = (lines[keys[1]], lines[keys[0]]);
        Write(path, lines);
        return $"{path} holds {Fingerprints(path)}: the first one is used from now on, and the host follows with the next beacon. When opptel-host "
            + $"status says so there, run here: opptel-host keygen --drop {path}";
    }

    /// <summary>Takes the second key out.</summary>
    /// <exception cref="OperatorException">There are not two, or the file cannot be read or written.</exception>
    public static string Drop(string path)
    {
        (List<string> lines, List<int> keys) = Read(path);
        RequireTwo(path, keys, "there is nothing to drop");
        lines.RemoveAt(keys[1]);
        Write(path, lines);
        return $"{path} holds {Fingerprints(path)} alone. Copy the file to the host.";
    }

    private static (List<string> Lines, List<int> Keys) Read(string path)
    {
        string text = SecretFile.ReadAllText(What, path);
        _ = ControlKeyFile.Parse(path, text);
        List<string> lines = [.. text.TrimEnd().Split('\n')];
        return (lines, [.. Enumerable.Range(0, lines.Count).Where(line => lines[line].Split('#')[0].Trim().Length > 0)]);
    }

    private static void Write(string path, List<string> lines) => SecretFile.Replace(What, path, string.Join('\n', lines) + '\n');

    private static void RequireTwo(string path, List<int> keys, string otherwise)
    {
        if (keys.Count < 2)
            throw Refusal($"{path} holds one key ({Fingerprints(path)}): {otherwise}");
    }

    private static string Fingerprints(string path) => string.Join(" and ", ControlKeyFile.Read(path).Select(key => key.Fingerprint));

    private static OperatorException Refusal(string message) => new(ExitCode.Configuration, message);
}
