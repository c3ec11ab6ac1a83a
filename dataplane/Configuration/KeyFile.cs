using System.Text;
using OppTel.Wire;

namespace OppTel.Configuration;

/// <summary>A key file that is looked at again while its keys are in use. What is wrong with it then leaves the keys as they are.</summary>
public sealed class KeyFile
{
    private readonly byte[] nativePath;
    private FileStatus status;
    private string trouble = "";

    /// <summary>Reads the keys.</summary>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public KeyFile(string path)
    {
        Path = path;
        nativePath = Encoding.UTF8.GetBytes(path + '\0');
        // In this order: what changes in between is found the next time.
        _ = Native.TryLook(nativePath, out status);
        Key = ControlKeyFile.Load(path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its keys; stays the same object when they change.</summary>
    public ControlKey Key { get; }

    /// <summary>Reads the file if it is another one than the last time. Allocates nothing unless it is.</summary>
    /// <param name="tell">Gets a message for the log, and whether it is bad news.</param>
    /// <param name="anyway">Reads it even so.</param>
    public void Look(Action<string, bool> tell, bool anyway)
    {
        _ = Native.TryLook(nativePath, out FileStatus found);
        if (found == status && !anyway)
            return;
        status = found;
        Read(tell);
    }

    private void Read(Action<string, bool> tell)
    {
        try
        {
            bool isNew = Key.Replace(ControlKeyFile.Read(Path));
            if (isNew || trouble.Length > 0)
                tell($"{Path} was read again: {Describe(Key)}", false);
            trouble = "";
        }
        catch (OperatorException exception)
        {
            if (exception.Message != trouble)
                tell($"the keys stay as they were ({Describe(Key)}): {exception.Message}", true);
            trouble = exception.Message;
        }
    }

    /// <summary>Fingerprints and what they are for.</summary>
    public static string Describe(ControlKey key) =>
        !key.IsSecret ? "no key_file: the public key"
        : key.Keys.Count == 1 ? $"key {key.Keys[0].Fingerprint}"
        : $"key {key.Signing.Fingerprint} signs, {string.Join(", ", key.Keys.Where(other => other != key.Signing).Select(other => other.Fingerprint))} is taken as well";
}
