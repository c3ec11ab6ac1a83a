namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>What the README shows.</summary>
internal static class ReadMe
{
    /// <summary>The text of the only fenced block of a language.</summary>
    public static string Block(string language)
    {
        string[] parts = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).Split($"\n```{language}\n");
        Assert.True(parts.Length == 2, $"{parts.Length - 1} blocks of {language} in the README");
        return parts[1][..parts[1].IndexOf("\n```", StringComparison.Ordinal)] + "\n";
    }
}
