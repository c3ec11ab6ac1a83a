using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OppTel.Configuration;

/// <summary>
/// One mapping of a configuration. Every getter returns its default when the key is absent, and reports a problem (and
/// returns the default) when the value does not fit.
/// </summary>
public sealed class ConfigurationSection
{
    private readonly ConfigurationDocument document;
    private readonly YamlMappingNode? mapping;
    private readonly HashSet<string> known = [];

    internal ConfigurationSection(ConfigurationDocument document, string path, YamlMappingNode? mapping, Mark position)
    {
        this.document = document;
        this.mapping = mapping;
        Path = path;
        Position = position;
    }

    /// <summary>Dotted path of this section; empty for the root.</summary>
    public string Path { get; }

    /// <summary>Where the section starts.</summary>
    public Mark Position { get; }

    /// <summary>Text.</summary>
    public string Text(string key, string fallback) => Find(key) is { } node ? Scalar(key, node) ?? fallback : fallback;

    /// <summary>Text that may be absent.</summary>
    public string? OptionalText(string key) => Find(key) is { } node ? Scalar(key, node) : null;

    /// <summary>Text that has to be there and not empty.</summary>
    public string RequiredText(string key)
    {
        if (Find(key) is { } node)
        {
            string text = Scalar(key, node) ?? "";
            if (text.Length == 0)
                Report(key, "must not be empty");
            return text;
        }

        document.Report(Position, $"{Name(key)} is missing");
        return "";
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Integer(string key, int fallback, int least, int most)
    {
        if (Find(key) is not { } node || Scalar(key, node) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            return value;
        Report(key, $"'{text}' is not a whole number from {least} to {most}");
        return fallback;
    }

    /// <summary>A number within bounds.</summary>
    public double Number(string key, double fallback, double least, double most)
    {
        if (Find(key) is not { } node || Scalar(key, node) is not { } text)
            return fallback;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most)
            return value;
        Report(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a number from {least} to {most}"));
        return fallback;
    }

    /// <summary>true or false.</summary>
    public bool Boolean(string key, bool fallback)
    {
        if (Find(key) is not { } node || Scalar(key, node) is not { } text)
            return fallback;
        if (text is "true" or "false")
            return text == "true";
        Report(key, $"'{text}' is neither true nor false");
        return fallback;
    }

    /// <summary>A duration with its unit (ns, us, ms, s, m, h), within bounds.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan least, TimeSpan most)
    {
        if (Find(key) is not { } node || Scalar(key, node) is not { } text)
            return fallback;
        if (Quantity.TryParseDuration(text, out TimeSpan value) && value >= least && value <= most)
            return value;
        Report(key, $"'{text}' is not a duration from {Quantity.Format(least)} to {Quantity.Format(most)}; write it with its unit, such as 100ms");
        return fallback;
    }

    /// <summary>A size with its unit (B, KiB, MiB, GiB), within bounds, in bytes.</summary>
    public long Bytes(string key, long fallback, long least, long most)
    {
        if (Find(key) is not { } node || Scalar(key, node) is not { } text)
            return fallback;
        if (Quantity.TryParseBytes(text, out long value) && value >= least && value <= most)
            return value;
        Report(key, $"'{text}' is not a size from {Quantity.Format(least)} to {Quantity.Format(most)}; write it with its unit, such as 4MiB");
        return fallback;
    }

    /// <summary>One of the names of an enumeration, in snake case.</summary>
    public T Choice<T>(string key, T fallback)
        where T : struct, Enum
    {
        if (Find(key) is not { } node || Scalar(key, node) is not { } text)
            return fallback;
        foreach (T value in Enum.GetValues<T>())
        {
            if (Spelling.SnakeCase(value.ToString()) == text)
                return value;
        }

        string[] names = [.. Enum.GetNames<T>().Select(Spelling.SnakeCase)];
        Report(key, $"'{text}' is not one of {string.Join(", ", names)}{Spelling.Suggest(text, names)}");
        return fallback;
    }

    /// <summary>A list of texts; empty when absent.</summary>
    public IReadOnlyList<string> Texts(string key) =>
        [.. Items(key).Select(item => Scalar(key, item.Node) ?? "")];

    /// <summary>A mapping of any texts to texts; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> TextMap(string key)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        if (Find(key) is not { } node)
            return texts;
        if (node is not YamlMappingNode entries)
        {
            document.Report(node.Start, $"{Name(key)} has to be a mapping of keys to values");
            return texts;
        }

        foreach ((YamlNode name, YamlNode value) in entries.Children)
        {
            if (name is YamlScalarNode { Value: { } from } && value is YamlScalarNode to)
                texts[from] = to.Value ?? "";
            else
                document.Report(name.Start, $"{Name(key)}: each key and each value has to be a single one");
        }

        return texts;
    }

    /// <summary>A list of whole numbers within bounds; empty when absent.</summary>
    public IReadOnlyList<int> Integers(string key, int least, int most)
    {
        List<int> values = [];
        foreach ((string path, YamlNode node) in Items(key))
        {
            string? text = Scalar(key, node);
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
                values.Add(value);
            else if (text is not null)
                document.Report(node.Start, $"{path}: '{text}' is not a whole number from {least} to {most}");
        }

        return values;
    }

    /// <summary>A nested mapping; empty when absent.</summary>
    public ConfigurationSection Section(string key) => document.Open(Name(key), Find(key), Position);

    /// <summary>A nested mapping that has to be there.</summary>
    public ConfigurationSection RequiredSection(string key)
    {
        YamlNode? node = Find(key);
        if (node is null)
            document.Report(Position, $"{Name(key)} is missing");
        return document.Open(Name(key), node, Position);
    }

    /// <summary>A list of mappings; empty when absent.</summary>
    public IReadOnlyList<ConfigurationSection> Sections(string key) =>
        [.. Items(key).Select(item => document.Open(item.Path, item.Node))];

    /// <summary>Whether the file has this key.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Adds a problem at the value of <paramref name="key"/>, or at the section when the key is absent.</summary>
    public void Report(string key, string message) =>
        document.Report(Find(key)?.Start ?? Position, $"{Name(key)}: {message}");

    /// <summary>Adds what is wrong in another file, which this one names.</summary>
    public void Include(ConfigurationException other) => document.Include(other);

    internal void ReportUnknownKeys()
    {
        if (mapping is null)
            return;
        foreach (YamlNode node in mapping.Children.Keys)
        {
            string key = (node as YamlScalarNode)?.Value ?? node.ToString();
            if (!known.Contains(key))
                document.Report(node.Start, $"unknown key {Name(key)}{Spelling.Suggest(key, known)}");
        }
    }

    private string Name(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private YamlNode? Find(string key)
    {
        known.Add(key);
        return mapping is not null && mapping.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? node) ? node : null;
    }

    private string? Scalar(string key, YamlNode node)
    {
        if (node is YamlScalarNode scalar)
            return scalar.Value ?? "";
        document.Report(node.Start, $"{Name(key)} has to be a single value");
        return null;
    }

    private IEnumerable<(string Path, YamlNode Node)> Items(string key)
    {
        if (Find(key) is not { } node)
            return [];
        if (node is YamlSequenceNode sequence)
            return sequence.Children.Select((item, index) => ($"{Name(key)}[{index}]", item));
        document.Report(node.Start, $"{Name(key)} has to be a list");
        return [];
    }
}
