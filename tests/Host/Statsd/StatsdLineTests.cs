using System.Globalization;
using CsCheck;
using OppTel.Host.Statsd;

namespace OppTel.Host.Tests.Statsd;

/// <summary>A line is understood, or refused with a reason; none is anything else.</summary>
public class StatsdLineTests
{
    [Theory]
    [InlineData("a.b:1|c", "a.b", 1.0, false, 0, 1.0, "")]
    [InlineData("a:2.5|c|@0.1|#x:y,z", "a", 2.5, false, 0, 0.1, "x=y z=")]
    [InlineData("a:-3|g", "a", -3.0, true, 1, 1.0, "")]
    [InlineData("a:+3|g", "a", 3.0, true, 1, 1.0, "")]
    [InlineData("a:3e2|ms|#url:http://b:80", "a", 300.0, false, 2, 1.0, "url=http://b:80")]
    [InlineData("a:7|d", "a", 7.0, false, 3, 1.0, "")]
    public void LinesAreUnderstood(string text, string name, double value, bool isChange, int type, double rate, string tags)
    {
        Assert.Null(StatsdLine.TryParse(text, out StatsdLine? line));
        Assert.Equal((name, value, isChange, (StatsdType)type, rate), (line!.Name, line.Value, line.IsChange, line.Type, line.Rate));
        Assert.Equal(tags, string.Join(' ', line.Tags.Select(tag => $"{tag.Name}={tag.Value}")));
    }

    [Theory]
    [InlineData("", "no_name")]
    [InlineData(":1|c", "no_name")]
    [InlineData("a", "no_name")]
    [InlineData("a:1", "no_type")]
    [InlineData("a:b|c", "bad_value")]
    [InlineData("a:NaN|g", "bad_value")]
    [InlineData("a:-1|c", "bad_value")]
    [InlineData("a:-1|ms", "bad_value")]
    [InlineData("a:1|s", "unknown_type")]
    [InlineData("a:1|c|@0", "bad_field")]
    [InlineData("a:1|c|@2", "bad_field")]
    [InlineData("a:1|c|?", "bad_field")]
    public void OthersAreRefusedWithAReason(string text, string reason)
    {
        Assert.Equal(reason, StatsdLine.TryParse(text, out StatsdLine? line));
        Assert.Null(line);
    }

    [Fact]
    public void AnyTextIsOneOrTheOther() => Gen.OneOf(
        Gen.String,
        Gen.Select(Gen.String[Gen.Char["ab.:|@#,0123456789-+eEnN"], 0, 40], Gen.OneOf(Gen.Const("|c"), Gen.Const("|g"), Gen.Const("|ms"), Gen.Const("|h"), Gen.Const("|#"), Gen.Const(""))).Select((text, end) => text + end)).Sample(text =>
            Assert.Equal(StatsdLine.TryParse(text, out StatsdLine? line) is null, line is not null && double.IsFinite(line.Value) && line.Rate is > 0 and <= 1));

    [Fact]
    public void WhatIsWrittenIsRead() => Gen.Select(Gen.Double[0, 1e12], Gen.Double[0.001, 1], Gen.OneOf(Gen.Const("c"), Gen.Const("ms"), Gen.Const("h"))).Sample((value, rate, type) =>
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"x:{value:R}|{type}|@{rate:R}");
        Assert.Null(StatsdLine.TryParse(text, out StatsdLine? line));
        Assert.Equal((value, rate), (line!.Value, line.Rate));
    });
}
