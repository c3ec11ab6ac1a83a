using System.Diagnostics;
using System.Text.RegularExpressions;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Scripts;

/// <summary>
/// What the README shows works. A fenced block whose first line is <c>```sh run</c> is executed at the top of the
/// checkout; one with <c>```yaml PROGRAM</c> is checked by that program; the samples in config/ are checked too.
/// </summary>
public sealed partial class DocumentTests : IDisposable
{
    private static readonly string ReadMe = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    private readonly string folder = Directory.CreateTempSubdirectory("opptel-e2e-").FullName;

    public static TheoryData<string> Samples => [.. new[] { "config", "config/testbed" }
        .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.yaml"))
        .Select(path => Path.GetRelativePath(Repository.Root, path))];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Samples))]
    public void ConfigurationSamplesAreValid(string sample) =>
        AssertValid($"opptel-{Path.GetFileNameWithoutExtension(sample)}", File.ReadAllText(Path.Combine(Repository.Root, sample)));

    [Fact]
    public void ConfigurationInTheReadMeIsValid()
    {
        MatchCollection blocks = Blocks().Matches(ReadMe);
        Match[] configurations = [.. blocks.Where(block => block.Groups["type"].Value.StartsWith("yaml ", StringComparison.Ordinal))];
        Assert.NotEmpty(configurations);
        foreach (Match block in configurations)
            AssertValid(block.Groups["type"].Value["yaml ".Length..], Unindent(block));
    }

    [Fact]
    public void CommandsInTheReadMeWork()
    {
        Match[] commands = [.. Blocks().Matches(ReadMe).Where(block => block.Groups["type"].Value == "sh run")];
        Assert.NotEmpty(commands);
        foreach (Match block in commands)
        {
            ProcessStartInfo start = new("bash", ["-euo", "pipefail", "-c", Unindent(block)]) { WorkingDirectory = Repository.Root };
            Command.Run(start).Expect();
        }
    }

    /// <summary>Valid with a key where it names one.</summary>
    private void AssertValid(string program, string yaml)
    {
        string key = Path.Combine(folder, "key"), file = Path.Combine(folder, "config.yaml");
        File.WriteAllText(key, new string('1', 64));
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        File.WriteAllText(file, KeyFile().Replace(yaml, $"key_file: {key}"));
        Command.Run(Repository.Program(program), "check-config", "--config", file).Expect();
    }

    /// <summary>A block in a list stands further right, as a whole.</summary>
    private static string Unindent(Match block)
    {
        int indent = block.Groups["indent"].Length;
        return string.Join('\n', block.Groups["text"].Value.Split('\n').Select(line => line.Length >= indent ? line[indent..] : line));
    }

    [GeneratedRegex(@"^(?<indent> *)```(?<type>[^\n`]+)\n(?<text>.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^key_file: .*$", RegexOptions.Multiline)]
    private static partial Regex KeyFile();
}
