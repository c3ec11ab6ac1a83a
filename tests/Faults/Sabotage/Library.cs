using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.Faults.Tests.Sabotage;

/// <summary>A library in C that is loaded before a program's own, and a word of shared memory that tells it what to do.</summary>
internal sealed class Library : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-faults-").FullName;

    /// <param name="source">A file of this folder.</param>
    /// <param name="options">For the compiler.</param>
    public Library(string source, params string[] options)
    {
        // The aggregator is somebody else.
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Say(0);
        Command.Run("cc", ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", Path.Combine(folder, "sabotage.so"), Path.Combine(AppContext.BaseDirectory, "Sabotage", source), .. options]).Expect();
    }

    /// <summary>What a program has to be started with.</summary>
    public IReadOnlyList<string> Variables => [$"LD_PRELOAD={Path.Combine(folder, "sabotage.so")}", $"OPPTEL_SABOTAGE={Word}"];

    private string Word => Path.Combine(folder, "word");

    /// <summary>Sets the word.</summary>
    public void Say(long word)
    {
        using FileStream stream = new(Word, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        stream.Write(BitConverter.GetBytes(word));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
