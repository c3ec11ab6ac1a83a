using System.Text.RegularExpressions;
using OppTel.Aggregator.Exposition;

namespace OppTel.Page.Tests.Rules;

/// <summary>Names of all metrics that aggregator and host daemon export.</summary>
internal static partial class Exported
{
    private static readonly string[] Suffixes = ["_bucket", "_count", "_sum"];

    private static readonly HashSet<string> Names = [.. Families.Names, .. OfTheHost(), "up"];

    /// <summary>The top of the checkout.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>Metrics of an expression that nobody exports.</summary>
    public static IEnumerable<string> UnknownIn(string expression) =>
        MetricsOf(expression).Where(name => !Names.Contains(name) && !Suffixes.Any(suffix => IsPartOfHistogram(name, suffix)));

    /// <summary>What an expression reads: words that stand before a selector, an operator or an end, and are no function or label.</summary>
    public static IReadOnlyList<string> MetricsOf(string expression)
    {
        string withoutLabels = Clauses().Replace(Selectors().Replace(Texts().Replace(expression, "\"\""), ""), " ");
        return [.. Words().Matches(withoutLabels).Select(word => word.Value).Where(word => !Language().IsMatch(word)).Distinct()];
    }

    private static bool IsPartOfHistogram(string name, string suffix) =>
        name.EndsWith(suffix, StringComparison.Ordinal) && Names.Contains(name[..^suffix.Length]);

    /// <summary>The daemon and its samplers name a metric where they declare it.</summary>
    private static IEnumerable<string> OfTheHost() =>
        Directory.EnumerateFiles(Path.Combine(FindCheckout(), "host", "Host"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Declarations().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));

    private static string FindCheckout()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OppTel.Dataplane.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests do not lie in a checkout");
    }

    [GeneratedRegex("""(?:Amount|Count|Counter|Gauge|Histogram)\(\s*"((?:system|process|opptel|hw)_[a-z_]+)"[,)]""")]
    private static partial Regex Declarations();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Texts();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Selectors();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Clauses();

    [GeneratedRegex(@"\b[a-z_][a-z0-9_]*\b(?!\s*\()")]
    private static partial Regex Words();

    [GeneratedRegex("^(?:and|or|unless|bool|offset|by|without)$")]
    private static partial Regex Language();
}
