using System.Globalization;
using System.Text.RegularExpressions;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>The samples of one scrape.</summary>
internal sealed partial class Exposition
{
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> samples = [];

    public Exposition(string text)
    {
        Text = text;
        foreach (Match match in Sample().Matches(text))
        {
            Dictionary<string, string> labels = Label().Matches(match.Groups["labels"].Value)
                .ToDictionary(label => label.Groups["name"].Value, label => label.Groups["value"].Value);
            samples.Add((match.Groups["name"].Value, labels, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture)));
        }
    }

    public string Text { get; }

    /// <summary>Sum of the samples with this name and these labels, those with more labels included; 0 when there is none.</summary>
    public double Sum(string name, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        double sum = 0;
        foreach ((string found, Dictionary<string, string> has, double value) in samples)
        {
            bool fits = found == name;
            foreach ((string label, string wanted) in labels)
                fits &= has.GetValueOrDefault(label) == wanted;
            sum += fits ? value : 0;
        }

        return sum;
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([^"}]|"(\\.|[^"\\])*")*)\})? (?<value>\S+)$""", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(\\.|[^"\\])*)["]""")]
    private static partial Regex Label();
}
