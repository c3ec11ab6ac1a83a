using System.Text.Json;

namespace OppTel.Page.Tests.Rules;

/// <summary>The dashboard of config/grafana.</summary>
public sealed class DashboardTests : IDisposable
{
    private static readonly JsonElement Dashboard =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Exported.Checkout, "config", "grafana", "opptel.json"))).RootElement;

    private readonly string folder = Directory.CreateTempSubdirectory("opptel-page-").FullName;

    private static string[] Expressions =>
    [
        .. Dashboard.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!),
    ];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ItReadsOnlyWhatIsExported()
    {
        Assert.NotEmpty(Expressions);
        Assert.All(Expressions, expression => Assert.NotEmpty(Exported.MetricsOf(expression)));
        Assert.Empty(Expressions.SelectMany(Exported.UnknownIn));
    }

    [Fact]
    public void PrometheusUnderstandsEveryExpression()
    {
        string file = Path.Combine(folder, "rules.json");
        // As Grafana fills them in. JSON is YAML.
        var rules = Expressions.Select((expression, index) => new
        {
            record = $"panel:{index}",
            expr = expression.Replace("$host", "alpha|beta").Replace("$__rate_interval", "1m").Replace("$__range", "1h"),
        });
        File.WriteAllText(file, JsonSerializer.Serialize(new { groups = new[] { new { name = "dashboard", rules } } }));
        PromTool.Expect("check", "rules", file);
    }

    [Fact]
    public void ItBelongsToNoServer()
    {
        JsonElement[] panels = [.. Dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() != "row")];
        Assert.All(panels, panel => Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
    }
}
