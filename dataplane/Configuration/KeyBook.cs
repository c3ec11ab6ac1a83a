using System.Runtime.InteropServices;
using OppTel.Wire;

namespace OppTel.Configuration;

/// <summary>The keys of one program: a common one, and those of single pairs. They are looked at again while it runs, and on SIGHUP.</summary>
public sealed class KeyBook : IDisposable
{
    private readonly KeyFile? common;
    private readonly List<KeyFile> files = [];
    private PosixSignalRegistration? hangup;
    private bool isAsked;

    /// <summary>Reads the common key.</summary>
    /// <param name="commonPath">Its file; null for the public key.</param>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public KeyBook(string? commonPath)
    {
        if (commonPath is not null)
            files.Add(common = new KeyFile(commonPath));
    }

    /// <summary>The common key.</summary>
    public ControlKey Common => common?.Key ?? ControlKey.Public;

    /// <summary>All files with their keys.</summary>
    public IReadOnlyList<KeyFile> Files => files;

    /// <summary>The key of a file of its own, or the common one where there is none.</summary>
    /// <param name="path">The file; null for the common key.</param>
    /// <exception cref="OperatorException">Missing, readable by everybody, or not a key.</exception>
    public ControlKey Of(string? path)
    {
        if (path is null)
            return Common;
        KeyFile? known = files.Find(file => file.Path == path);
        if (known is null)
            files.Add(known = new KeyFile(path));
        return known.Key;
    }

    /// <summary>Has SIGHUP read all files at the next look, instead of ending the program.</summary>
    public void ListenForHangup() => hangup ??= PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        Volatile.Write(ref isAsked, true);
    });

    /// <summary>Reads files that changed; to be called about once a second. Allocates nothing unless one did.</summary>
    /// <param name="tell">Gets messages for the log, and whether they are bad news.</param>
    public void Look(Action<string, bool> tell)
    {
        bool anyway = Volatile.Read(ref isAsked);
        if (anyway)
            Volatile.Write(ref isAsked, false);
        for (int index = 0; index < files.Count; index++)
            files[index].Look(tell, anyway);
    }

    /// <inheritdoc/>
    public void Dispose() => hangup?.Dispose();
}
