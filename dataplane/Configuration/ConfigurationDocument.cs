using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OppTel.Configuration;

/// <summary>
/// A strict YAML file. A program asks its root for keys; what it did not ask for is unknown, and everything that is wrong is
/// collected and reported at once by <see cref="Complete"/>.
/// </summary>
public sealed class ConfigurationDocument
{
    private readonly List<ConfigurationProblem> problems = [];
    private readonly List<ConfigurationSection> sections = [];

    private ConfigurationDocument(string file)
    {
        File = file;
        Root = new ConfigurationSection(this, "", null, Mark.Empty);
    }

    /// <summary>Path as the user gave it.</summary>
    public string File { get; }

    /// <summary>The top-level mapping; empty for an empty file.</summary>
    public ConfigurationSection Root { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="OperatorException">The file cannot be read.</exception>
    /// <exception cref="ConfigurationException">It is not YAML.</exception>
    public static ConfigurationDocument Load(string path)
    {
        try
        {
            return Parse(path, System.IO.File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OperatorException(
                ExitCode.Configuration,
                $"cannot read the configuration {path}: {exception.Message} Name another file with --config.",
                exception);
        }
    }

    /// <summary>Reads text that came from <paramref name="file"/>.</summary>
    /// <exception cref="ConfigurationException">It is not YAML.</exception>
    public static ConfigurationDocument Parse(string file, string text)
    {
        ConfigurationDocument document = new(file);
        YamlStream stream = [];
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            document.Report(exception.Start, exception.InnerException?.Message ?? exception.Message);
            throw new ConfigurationException(document.problems);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // The parser's own checks on events that make no tree, such as an alias as a key.
            document.Report(Mark.Empty, $"not a YAML document: {exception.Message}");
            throw new ConfigurationException(document.problems);
        }

        if (stream.Documents.Count > 1)
            document.Report(stream.Documents[1].RootNode.Start, "a second document: one file holds one configuration");
        if (stream.Documents.Count > 0)
            document.Root = document.Open("", stream.Documents[0].RootNode);
        return document;
    }

    /// <summary>Adds a problem that a program found itself, at a place that a section or value reported.</summary>
    public void Report(Mark mark, string message) =>
        problems.Add(new ConfigurationProblem(File, mark.Line, mark.Column, message));

    /// <summary>Ends the reading: unknown keys become problems, and any problem ends it.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; carries all of it.</exception>
    public void Complete()
    {
        foreach (ConfigurationSection section in sections)
            section.ReportUnknownKeys();
        if (problems.Count > 0)
            throw new ConfigurationException([.. problems.OrderBy(problem => problem.File != File).ThenBy(problem => problem.File, StringComparer.Ordinal)
                .ThenBy(problem => problem.Line).ThenBy(problem => problem.Column)]);
    }

    internal void Include(ConfigurationException other) => problems.AddRange(other.Problems);

    internal ConfigurationSection Open(string path, YamlNode? node, Mark? position = null)
    {
        YamlMappingNode? mapping = node as YamlMappingNode;
        bool isEmpty = node is null or YamlScalarNode { Value: null or "", Style: ScalarStyle.Plain };
        if (mapping is null && !isEmpty)
            Report(node!.Start, $"{(path.Length == 0 ? "the file" : path)} has to be a mapping of keys to values");
        ConfigurationSection section = new(this, path, mapping, position ?? node?.Start ?? Mark.Empty);
        sections.Add(section);
        return section;
    }
}
