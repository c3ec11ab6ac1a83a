using System.Globalization;
using CsCheck;
using OppTel.Wire;

namespace OppTel.Configuration.Tests;

public class ConfigurationTests
{
    private enum Driver
    {
        AfPacket,
        AfXdp,
    }

    [Fact]
    public void AbsentKeysTakeTheirDefaults()
    {
        ConfigurationDocument document = ConfigurationDocument.Parse("x.yaml", "");
        ConfigurationSection root = document.Root;
        Assert.Equal("a", root.Text("text", "a"));
        Assert.Null(root.OptionalText("other"));
        Assert.Equal(7, root.Integer("number", 7, 0, 10));
        Assert.True(root.Boolean("flag", true));
        Assert.Equal(TimeSpan.FromMilliseconds(3), root.Duration("wait", TimeSpan.FromMilliseconds(3), TimeSpan.Zero, TimeSpan.MaxValue));
        Assert.Equal(Driver.AfXdp, root.Choice("driver", Driver.AfXdp));
        Assert.Empty(root.Texts("list"));
        Assert.Empty(root.Sections("pairs"));
        Assert.Equal(5, root.Section("nested").Integer("deep", 5, 0, 9));
        document.Complete();
    }

    [Fact]
    public void AllProblemsComeAtOnceWithPlaceAndSuggestion()
    {
        const string Text = """
            worker: [1]
            number: many
            wait: 5
            driver: af_packt
            nested:
              dep: 3
            pairs:
              - nam: a
            list: 7
            """;
        ConfigurationDocument document = ConfigurationDocument.Parse("x.yaml", Text);
        ConfigurationSection root = document.Root;
        _ = root.Integers("workers", 0, 10);
        _ = root.Integer("number", 1, 0, 10);
        _ = root.Duration("wait", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        _ = root.Choice("driver", Driver.AfXdp);
        _ = root.Section("nested").Integer("deep", 1, 0, 10);
        _ = root.Sections("pairs")[0].RequiredText("name");
        _ = root.Texts("list");
        ConfigurationException exception = Assert.Throws<ConfigurationException>(document.Complete);
        Assert.Equal(
            [
                "x.yaml:1:1: unknown key worker; did you mean workers?",
                "x.yaml:2:9: number: 'many' is not a whole number from 0 to 10",
                "x.yaml:3:7: wait: '5' is not a duration from 0ms to 1s; write it with its unit, such as 100ms",
                "x.yaml:4:9: driver: 'af_packt' is not one of af_packet, af_xdp; did you mean af_packet?",
                "x.yaml:6:3: unknown key nested.dep; did you mean deep?",
                "x.yaml:8:5: pairs[0].name is missing",
                "x.yaml:8:5: unknown key pairs[0].nam; did you mean name?",
                "x.yaml:9:7: list has to be a list",
            ],
            exception.Problems.Select(problem => problem.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("a: 1\na: 2\n", "x.yaml:2:1: ")]
    [InlineData("a: [1\n", "x.yaml:2:1: ")]
    [InlineData("- a\n- b\n", "x.yaml:1:1: the file has to be a mapping")]
    [InlineData("a: 1\n---\nb: 2\n", "x.yaml:3:1: a second document")]
    public void WhatIsNotOneMappingIsRefused(string text, string start)
    {
        ConfigurationException exception = Assert.Throws<ConfigurationException>(() =>
        {
            ConfigurationDocument document = ConfigurationDocument.Parse("x.yaml", text);
            _ = document.Root.Integer("a", 0, 0, 9);
            _ = document.Root.Integer("b", 0, 0, 9);
            document.Complete();
        });
        Assert.StartsWith(start, exception.Problems[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileNamesItselfAndTheRemedy()
    {
        OperatorException exception = Assert.Throws<OperatorException>(() => ConfigurationDocument.Load("/nonexistent/opptel.yaml"));
        Assert.Equal(ExitCode.Configuration, exception.ExitCode);
        Assert.Contains("/nonexistent/opptel.yaml", exception.Message, StringComparison.Ordinal);
        Assert.Contains("--config", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10us", 100)]
    [InlineData("100ns", 1)]
    [InlineData("1.5ms", 15_000)]
    [InlineData("2 s", 20_000_000)]
    [InlineData("1h", 36_000_000_000)]
    public void DurationsHaveUnits(string text, long ticks)
    {
        Assert.True(Quantity.TryParseDuration(text, out TimeSpan value));
        Assert.Equal(ticks, value.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("ms")]
    [InlineData("-1ms")]
    [InlineData("1.2.3s")]
    [InlineData("1e3s")]
    [InlineData("99999999999999h")]
    [InlineData("1 ms later")]
    public void WhatIsNoDurationIsNone(string text) => Assert.False(Quantity.TryParseDuration(text, out _));

    [Fact]
    public void FormattedQuantitiesReadBack()
    {
        Gen.Long[0, 1L << 50].Sample(bytes => Quantity.TryParseBytes(Quantity.Format(bytes), out long back) && back == bytes);
        Gen.Long[0, TimeSpan.TicksPerDay * 400].Sample(ticks =>
            Quantity.TryParseDuration(Quantity.Format(TimeSpan.FromTicks(ticks)), out TimeSpan back) && back.Ticks == ticks);
    }

    [Fact]
    public void AnyTextEndsInAConfigurationOrInProblems()
    {
        Gen.Char["abk:-[]{}#&*!|>'\" \n\t0"].Array[0, 40].Select(letters => new string(letters)).Sample(text =>
        {
            try
            {
                ConfigurationDocument document = ConfigurationDocument.Parse("x.yaml", text);
                _ = document.Root.Section("a").Text("b", "");
                document.Complete();
            }
            catch (ConfigurationException exception)
            {
                Assert.NotEmpty(exception.Problems);
            }
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("/")]
    [InlineData("/nonexistent/file")]
    public void APathThatIsNoneIsSaidToTheOperator(string path)
    {
        Assert.Equal(ExitCode.Configuration, Assert.Throws<OperatorException>(() => ControlKeyFile.Load(path)).ExitCode);
        Assert.Equal(ExitCode.Configuration, Assert.Throws<OperatorException>(() => ConfigurationDocument.Load(path)).ExitCode);
    }

    [Fact]
    public void KeyFilesAreReadStrictly()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Same(ControlKey.Public, ControlKeyFile.Load(null));
            File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"{new string('a', 64)}\n"));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Assert.True(ControlKeyFile.Load(path).IsSecret);

            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Contains("chmod", Assert.Throws<OperatorException>(() => ControlKeyFile.Load(path)).Message, StringComparison.Ordinal);

            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(path, "not hexadecimal");
            Assert.Contains("opptel-host keygen", Assert.Throws<OperatorException>(() => ControlKeyFile.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Contains(path, Assert.Throws<OperatorException>(() => ControlKeyFile.Load(path)).Message, StringComparison.Ordinal);
    }
}
