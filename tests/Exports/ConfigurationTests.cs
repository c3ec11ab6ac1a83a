using OppTel.Configuration;

namespace OppTel.Exports.Tests;

/// <summary>What the user reads when a target is wrong.</summary>
public class ConfigurationTests
{
    [Theory]
    [InlineData("otlp: [{}]", "otlp[0].endpoint is missing")]
    [InlineData("otlp: {endpoint: 'http://a'}", "otlp has to be a list")]
    [InlineData("otlp: [{endpoint: collector}]", "'collector' is not an address such as https://collector.example:4318")]
    [InlineData("otlp: [{endpoint: 'ftp://a'}]", "'ftp://a' is not an address")]
    [InlineData("otlp: [{endpoint: 'http://me:secret@a'}]", "'(with a password)' is not an address")]
    [InlineData("otlp: [{endpoint: 'http://a/v1/metrics'}]", "gRPC knows no path such as /v1/metrics")]
    [InlineData("otlp: [{endpoint: 'http://a', protocol: thrift}]", "'thrift' is not one of grpc, http")]
    [InlineData("otlp: [{endpoint: 'http://a', compression: zip}]", "'zip' is not one of gzip, none")]
    [InlineData("otlp: [{endpoint: 'http://a', interval: 100ms}]", "'100ms' is not a duration from 1s to 1h")]
    [InlineData("otlp: [{endpoint: 'http://a', intervall: 1s}]", "unknown key otlp[0].intervall; did you mean interval?")]
    [InlineData("otlp: [{endpoint: 'http://a'}, {endpoint: 'http://a'}]", "there are two targets http://a/")]
    [InlineData("otlp: [{endpoint: 'http://a', headers: {content-type: x}}]", "'content-type' is set by the protocol itself")]
    [InlineData("otlp: [{endpoint: 'http://a', headers: {'a b': x}}]", "'a b' is no name of a header")]
    [InlineData("otlp: [{endpoint: 'http://a', headers: {a: \"x\\ny\"}}]", "the value of 'a' has control characters")]
    [InlineData("otlp: [{endpoint: 'http://a', basic_auth: {username: me}}]", "otlp[0].basic_auth.password_file is missing")]
    [InlineData("otlp: [{endpoint: 'http://a', bearer_token_file: /t, basic_auth: {username: me, password_file: /p}}]", "there is a bearer_token_file as well")]
    [InlineData("otlp: [{endpoint: 'http://a', bearer_token_file: /t, headers: {authorization: x}}]", "Authorization is there")]
    [InlineData("remote_write: [{url: 'http://a/w', protocol: '3.0'}]", "'3.0' is not one of auto, 1.0, 2.0")]
    [InlineData("remote_write: [{url: 'http://a/w', headers: {X-Prometheus-Remote-Write-Version: '1'}}]", "is set by the protocol itself")]
    [InlineData("remote_write: [{url: 'http://a/w', labels: {__name__: a}}]", "'__name__' is no name of a label")]
    [InlineData("remote_write: [{url: 'http://a/w', histograms: flat}]", "'flat' is not one of auto, native, classic")]
    [InlineData("telemetry_report: [{address: collector}]", "'collector' is not an address and a port")]
    [InlineData("telemetry_report: [{address: 192.0.2.1:1, domain_id: 65536}]", "'65536' is not a whole number from 0 to 65535")]
    public void WhatIsWrongIsSaid(string yaml, string words)
    {
        ConfigurationException exception = Assert.Throws<ConfigurationException>(() => Bed.Read(yaml));
        Assert.Contains(words, Assert.Single(exception.Problems).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("aggregator.yaml:1:", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ca_file", "cannot take certificates from /nonexistent")]
    [InlineData("bearer_token_file", "cannot read the token file of http://127.0.0.1:1/, /nonexistent")]
    public void AMissingFileIsNamedAtTheStart(string key, string words)
    {
        string yaml = $"otlp: [{{endpoint: 'http://127.0.0.1:1', {key}: /nonexistent}}]";
        OperatorException exception = Assert.Throws<OperatorException>(() => new Bed(yaml));
        Assert.Equal(exception.Message, Assert.Throws<OperatorException>(Bed.Read(yaml).CheckFiles).Message);
        Assert.Equal(ExitCode.Configuration, exception.ExitCode);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Contains("/nonexistent", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A token that others can read, or that is none, is refused before anything is sent.</summary>
    [Theory]
    [InlineData("token", "644", "open to others (644)")]
    [InlineData("two\nlines", "640", "has more than one line")]
    public void ASecretThatIsNoneIsRefused(string text, string mode, string words)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
            OperatorException exception = Assert.Throws<OperatorException>(
                Bed.Read($"otlp: [{{endpoint: 'http://127.0.0.1:1', basic_auth: {{username: me, password_file: {path}}}}}]").CheckFiles);
            Assert.Contains(words, exception.Message, StringComparison.Ordinal);
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void NothingIsPushedByDefault() => Assert.Equal(Bed.Read(""), new ExportsConfiguration());

    /// <summary>What the sample shows in comments is what the README describes, and it is valid.</summary>
    [Fact]
    public void TheSampleShowsValidTargets()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Oracle.Checkout(), "config", "aggregator.yaml"));
        string yaml = string.Join('\n', lines
            .SkipWhile(line => line != "# otlp:").TakeWhile(line => line.StartsWith('#'))
            .Concat(lines.SkipWhile(line => line != "# remote_write:").TakeWhile(line => line.StartsWith('#')))
            .Concat(lines.SkipWhile(line => line != "# telemetry_report:").TakeWhile(line => line.StartsWith('#')))
            .Select(line => line.Length > 2 ? line[2..] : ""));
        ExportsConfiguration sample = Bed.Read(yaml);
        Assert.Equal((1, 1, 1), (sample.Otlp.Count, sample.RemoteWrite.Count, sample.TelemetryReport.Count));
        ExportsConfiguration defaults = Bed.Read($"otlp: [{{endpoint: '{sample.Otlp[0].Http.Url}'}}]\nremote_write: [{{url: '{sample.RemoteWrite[0].Http.Url}'}}]");
        Assert.Equal((defaults.Otlp[0].Push, defaults.Otlp[0].Protocol, defaults.Otlp[0].IsCompressed), (sample.Otlp[0].Push, sample.Otlp[0].Protocol, sample.Otlp[0].IsCompressed));
        Assert.Equal((defaults.RemoteWrite[0].Push, defaults.RemoteWrite[0].Version), (sample.RemoteWrite[0].Push, sample.RemoteWrite[0].Version));
    }
}
