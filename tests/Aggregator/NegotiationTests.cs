using OppTel.Aggregator.Web;
using OppTel.Exports;

namespace OppTel.Aggregator.Tests;

public class NegotiationTests
{
    private const string Protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    [Theory]
    // Prometheus 2.42, without and with native histograms.
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "openmetrics")]
    [InlineData(Protobuf + ",application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "protobuf")]
    // Prometheus 3, without and with native histograms.
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", "openmetrics")]
    [InlineData(Protobuf + ";escaping=allow-utf-8;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", "protobuf")]
    [InlineData(null, "text")]
    [InlineData("*/*", "text")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text")]
    [InlineData("text/plain;version=0.0.4;q=0.4,application/openmetrics-text;version=1.0.0;q=0.5", "openmetrics")]
    [InlineData("text/plain;q=0.5,application/openmetrics-text;q=0.4", "text")]
    [InlineData("text/plain,application/openmetrics-text", "text")]
    [InlineData("application/openmetrics-text;q=0,text/plain;q=0.1", "text")]
    [InlineData("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", "openmetrics")]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,text/plain;q=0.2", "text")]
    [InlineData("application/vnd.google.protobuf;proto=other.Message;encoding=delimited", "text")]
    [InlineData("application/json", "text")]
    [InlineData("nonsense;;;q=,", "text")]
    public void TheFormatIsWhatTheScraperRanksHighest(string? accept, string format) =>
        Assert.Contains(format == "text" ? "text/plain" : format, Negotiation.FormatOf(accept).ContentType, StringComparison.Ordinal);

    [Fact]
    public void SeveralHeadersAreOneList() => Assert.Equal(ExpositionFormat.OpenMetrics, Negotiation.FormatOf((string[])["text/plain;q=0.1", "application/openmetrics-text"]));

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("deflate, gzip;q=0.5", true)]
    [InlineData("GZIP", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("identity", false)]
    [InlineData("br", false)]
    [InlineData(null, false)]
    public void CompressionIsForThoseWhoAsk(string? accept, bool expected) => Assert.Equal(expected, Negotiation.TakesGzip(accept));
}
