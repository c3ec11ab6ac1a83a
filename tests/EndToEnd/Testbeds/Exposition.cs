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

    /// <summary>The cumulative buckets of one histogram, by their bounds; none when it is not there.</summary>
    public (double Bound, double Value)[] Buckets(string name, params (string Name, string Value)[] labels) =>
    [
        .. samples.Where(sample => sample.Name == $"{name}_bucket" && Array.TrueForAll(labels, label => sample.Labels.GetValueOrDefault(label.Name) == label.Value))
            .Select(sample => (Bound: Number(sample.Labels["le"]), sample.Value)).OrderBy(bucket => bucket.Bound),
    ];

    /// <summary>The samples that have a label, by name and labels.</summary>
    public IEnumerable<(string Name, IReadOnlyDictionary<string, string> Labels, double Value)> With(string label, string value) =>
        samples.Where(sample => sample.Labels.GetValueOrDefault(label) == value).Select(sample => (sample.Name, (IReadOnlyDictionary<string, string>)sample.Labels, sample.Value));

    private static double Number(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([^"}]|"(\\.|[^"\\])*")*)\})? (?<value>\S+)$""", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(\\.|[^"\\])*)["]""")]
    private static partial Regex Label();
}
