using System.Buffers;

namespace OppTel.Anomaly;

/// <summary>Which series are a feature of a model: those of a name, added up by some of their labels.</summary>
/// <param name="Name">A metric's name, or its beginning.</param>
/// <param name="IsPrefix">Whether <paramref name="Name"/> is a beginning.</param>
/// <param name="Labels">Each combination of their values is a feature of its own.</param>
public sealed record MetricRule(string Name, bool IsPrefix, IReadOnlyList<string> Labels)
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");

    /// <summary>Reads <c>NAME</c>, <c>NAME*</c> or either with <c>by LABEL,LABEL</c> behind.</summary>
    /// <param name="text">The rule.</param>
    /// <param name="rule">What it says.</param>
    /// <param name="problem">What is wrong with it.</param>
    public static bool TryParse(string text, out MetricRule rule, out string problem)
    {
        string[] words = text.Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries);
        string name = words.Length > 0 ? words[0].TrimEnd('*') : "";
        bool isPrefix = words.Length > 0 && words[0].EndsWith('*');
        rule = new MetricRule(name, isPrefix, words.Length > 2 ? words[2..] : []);
        problem = "";
        if (name.Length == 0 || !Array.TrueForAll([name, .. rule.Labels], IsName))
            problem = $"'{text}' names no metric; write NAME, NAME* or NAME by LABEL,LABEL";
        else if (words.Length > 1 && (words[1] != "by" || words.Length == 2))
            problem = $"'{text}': behind the name comes nothing, or 'by' with labels";
        return problem.Length == 0;
    }

    /// <summary>Whether a metric is meant.</summary>
    public bool Matches(string metric) => IsPrefix ? metric.StartsWith(Name, StringComparison.Ordinal) : metric == Name;

    private static bool IsName(string text) => !text.AsSpan().ContainsAnyExcept(NameCharacters);
}
