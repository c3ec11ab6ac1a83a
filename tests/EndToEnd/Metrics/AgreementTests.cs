using System.Text;
using System.Text.RegularExpressions;
using OppTel.EndToEnd.Tests.Metrics.Agreement;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Host.Samplers;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>What the DPU says of a loaded host is what independent sources say of it, for each metric that there is.</summary>
public sealed partial class AgreementTests : IDisposable
{
    private const int Attempts = 3;
    private readonly Scene scene = new();

    public void Dispose() => scene.Dispose();

    /// <summary>
    /// Others use the machine too, whom one of the two sides may see and the other not: each row has to agree in one of a few windows.
    /// </summary>
    [Fact]
    public void EveryMetricAgreesWithItsSource()
    {
        IReadOnlyList<Row> open = Table.Rows(scene);
        AssertComplete(open);
        for (int attempt = 1; open.Count > 0; attempt++)
        {
            Window window = LoadedWindow();
            (Row Row, Verdict[] Verdicts)[] judged = [.. open.Select(row => (row, row.Judge(window).ToArray()))];
            if (attempt == 1)
                AssertEveryFamilyIsThere(window.After.Ours);
            open = [.. judged.Where(row => row.Verdicts.Any(verdict => verdict.Trouble.Length > 0)).Select(row => row.Row)];
            Assert.True(open.Count == 0 || attempt < Attempts, Told(judged.SelectMany(row => row.Verdicts)));
        }
    }

    private Window LoadedWindow()
    {
        scene.Recorder.Restart();
        Look before = Look.Take(scene), crowd = Loading.LookAtCrowd(scene);
        Loading.Run(scene);
        return new Window(before, crowd, Look.Take(scene), scene.Recorder);
    }

    /// <summary>A metric of a sampler, and one that README promises, has a row of each of its series, or a reason.</summary>
    private static void AssertComplete(IReadOnlyList<Row> rows)
    {
        IEnumerable<OppTel.Catalog.Metric> all = Sampler.All.SelectMany(sampler => sampler.Parts.SelectMany(part => part.Metrics).Concat(sampler.Blocks.SelectMany(block => block.Metrics)));
        Assert.Equal([], all.Where(metric => !Table.Reasons.ContainsKey(metric.Name)
            && !rows.Any(row => row.Metric == metric.Name && metric.Labels.All(label => row.Labels.Contains((label.Key, label.Value))))).Select(metric => $"{metric}"));
        string[] promised = [.. Promised()];
        Assert.InRange(promised.Length, 40, int.MaxValue);
        Assert.Equal([], promised.Where(name => !Table.Reasons.ContainsKey(name) && rows.All(row => row.Metric != name)));
    }

    /// <summary>What the host's catalog brought to the DPU has a row or a reason.</summary>
    private static void AssertEveryFamilyIsThere(Exposition page)
    {
        HashSet<string> known = [.. Sampler.All.SelectMany(sampler => sampler.Parts.SelectMany(part => part.Metrics).Concat(sampler.Blocks.SelectMany(block => block.Metrics))).Select(metric => metric.Name), .. Table.Reasons.Keys];
        IEnumerable<string> families = page.With("host", "testbed").Select(sample => Suffix().Replace(sample.Name, "")).Distinct().Where(name => !Own().IsMatch(name));
        Assert.Equal([], families.Where(name => !known.Contains(name)));
    }

    /// <summary>Names in README's table of the host's metrics: code in the first column.</summary>
    private static IEnumerable<string> Promised()
    {
        IEnumerable<string> table = File.ReadLines(Path.Combine(Repository.Root, "README.md"))
            .SkipWhile(line => !line.StartsWith("| of the host |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'));
        return table.SelectMany(line => Code().Matches(line.Split('|')[1])).SelectMany(match => Expand(match.Groups["code"].Value)).Where(name => Name().IsMatch(name)).Distinct();
    }

    /// <summary>As a shell expands braces.</summary>
    private static IEnumerable<string> Expand(string text)
    {
        Match braces = Braces().Match(text);
        return braces.Success
            ? braces.Groups["parts"].Value.Split(',').SelectMany(part => Expand(text[..braces.Index] + part + text[(braces.Index + braces.Length)..]))
            : [text];
    }

    private static string Told(IEnumerable<Verdict> verdicts)
    {
        StringBuilder table = new("\n");
        foreach (Verdict verdict in verdicts.OrderBy(verdict => verdict.Trouble.Length == 0))
            table.AppendLine($"{(verdict.Trouble.Length == 0 ? "agrees" : verdict.Trouble),-16} {verdict.What}: {verdict.Ours:G6}, {verdict.Source}: {verdict.Theirs:G6}, off by {verdict.Deviation}");
        return table.ToString();
    }

    /// <summary>What the aggregator itself says of a host.</summary>
    [GeneratedRegex("^opptel_((stream|trailers|heartbeat|records?|catalog|host|transport|dedicated|top|distinct|anomaly|anomalies)_|.*_distribution$)")]
    private static partial Regex Own();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("^[a-z]+(_[a-z]+)+$")]
    private static partial Regex Name();

    [GeneratedRegex("`(?<code>[^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\{(?<parts>[^}]*)\}")]
    private static partial Regex Braces();
}
