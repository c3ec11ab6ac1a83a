using System.Text.RegularExpressions;

namespace OppTel.Page.Tests.Rules;

/// <summary>The alert rules of config/prometheus.</summary>
public partial class AlertTests
{
    private static readonly string Rules = Path.Combine(Exported.Checkout, "config", "prometheus", "alerts.yml");
    private static readonly string Tests = Path.Combine(Exported.Checkout, "tests", "Page", "Rules", "alerts.test.yml");
    private static readonly string Text = File.ReadAllText(Rules);

    [Fact]
    public void EachFiresWhenItShouldAndAHealthyHourIsQuiet() => PromTool.Expect("test", "rules", Tests);

    [Fact]
    public void EachIsTestedAndSaysWhatToDo()
    {
        string[] names = [.. Names().Matches(Text).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(names);
        string tests = File.ReadAllText(Tests);
        Assert.All(names, name => Assert.Contains($"alertname=\"{name}\"", tests, StringComparison.Ordinal));
        Assert.Equal(names.Length, Text.Split("what_to_do: ").Length - 1);
        Assert.Equal(names.Length, Text.Split("summary: ").Length - 1);
    }

    [Fact]
    public void TheyReadOnlyWhatIsExported()
    {
        // An expression ends where the rule's next key begins.
        string[] expressions = [.. Expressions().Matches(Text).Select(match => match.Groups[1].Value.Replace(">-", "", StringComparison.Ordinal))];
        Assert.NotEmpty(expressions);
        Assert.All(expressions, expression => Assert.NotEmpty(Exported.MetricsOf(expression)));
        Assert.Empty(expressions.SelectMany(Exported.UnknownIn));
    }

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Names();

    [GeneratedRegex(@"expr: (.*?)\n        (?:for|labels):", RegexOptions.Singleline)]
    private static partial Regex Expressions();
}
