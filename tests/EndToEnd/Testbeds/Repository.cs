namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>Where things are in this checkout.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Script(string name) => Path.Combine(Root, "scripts", name);

    /// <summary>A program that scripts/build left.</summary>
    public static string Program(string name)
    {
        string path = Path.Combine(Root, "out", name);
        Assert.True(File.Exists(path), $"{path} does not exist; run scripts/build");
        return path;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "OppTel.Dataplane.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException($"no checkout around {AppContext.BaseDirectory}");
    }
}
