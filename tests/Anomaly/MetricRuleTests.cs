namespace OppTel.Anomaly.Tests;

public class MetricRuleTests
{
    [Theory]
    [InlineData("a_total", "a_total", true)]
    [InlineData("a_total", "a_total_b", false)]
    [InlineData("a_*", "a_total_b", true)]
    [InlineData("a_* by x, y", "a_b", true)]
    [InlineData("a_* by x", "b_a_", false)]
    public void A_rule_names_metrics(string text, string metric, bool matches)
    {
        Assert.True(MetricRule.TryParse(text, out MetricRule rule, out string problem), problem);
        Assert.Equal(matches, rule.Matches(metric));
    }

    [Fact]
    public void Labels_follow_by()
    {
        Assert.True(MetricRule.TryParse("a by x,y", out MetricRule rule, out _));
        Assert.Equal(("a", false), (rule.Name, rule.IsPrefix));
        Assert.Equal(["x", "y"], rule.Labels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a-b")]
    [InlineData("a*b")]
    [InlineData("a b")]
    [InlineData("a by")]
    [InlineData("a by x-y")]
    [InlineData("a per x")]
    public void What_is_no_rule_says_why(string text)
    {
        Assert.False(MetricRule.TryParse(text, out _, out string problem));
        Assert.Contains($"'{text}'", problem, StringComparison.Ordinal);
    }
}
