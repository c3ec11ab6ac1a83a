using System.Globalization;
using System.Text;
using OppTel.Exports.Prometheus;

namespace OppTel.Exports.Tests.Exposition;

/// <summary>
/// What a reader finds on a page: each series by its name and labels, as Prometheus would keep it. Written from the formats' definitions, apart from the writers.
/// </summary>
internal sealed class ReadPage
{
    private string last = "";

    public Dictionary<string, double> Series { get; } = [];

    /// <summary>Of buckets: their labels and values.</summary>
    public Dictionary<string, string> Exemplars { get; } = [];

    /// <summary>Type by family.</summary>
    public Dictionary<string, string> Types { get; } = [];

    /// <summary>Help by family.</summary>
    public Dictionary<string, string> Helps { get; } = [];

    public static ReadPage OfText(byte[] bytes)
    {
        ReadPage page = new();
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        Assert.Equal("", lines[^1]);
        foreach (string line in lines[..^1])
        {
            Assert.NotEqual("# EOF", page.last);
            page.last = line;
            string[] words = line.Split(' ', 4);
            if (words[0] != "#")
                page.TakeLine(line);
            else if (words[1] == "TYPE")
                page.Types.Add(words[2], words[3]);
            else if (words[1] == "HELP")
                page.Helps.Add(words[2], words[3]);
        }

        return page;
    }

    public static ReadPage OfProtobuf(byte[] bytes)
    {
        ReadPage page = new();
        using MemoryStream stream = new(bytes);
        while (stream.Position < stream.Length)
        {
            MetricFamily family = MetricFamily.Parser.ParseDelimitedFrom(stream);
            page.Types.Add(family.Name, family.Type.ToString().ToLowerInvariant());
            page.Helps.Add(family.Name, family.Help);
            Assert.NotEmpty(family.Metric);
            foreach (Metric metric in family.Metric)
                page.TakeMetric(family, metric);
        }

        return page;
    }

    /// <summary>The histograms with native buckets on a protobuf page, in its order.</summary>
    public static IEnumerable<Histogram> Natives(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        while (stream.Position < stream.Length)
        {
            foreach (Metric metric in MetricFamily.Parser.ParseDelimitedFrom(stream).Metric.Where(metric => metric.Histogram?.HasZeroThreshold == true))
                yield return metric.Histogram;
        }
    }

    private static string Key(string name, IEnumerable<(string Name, string Value)> labels) =>
        name + string.Concat(labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label =>
            $"|{label.Name}={(label.Name == "le" ? Number(label.Value).ToString("R", CultureInfo.InvariantCulture) : label.Value)}"));

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private void TakeMetric(MetricFamily family, Metric metric)
    {
        (string, string)[] labels = [.. metric.Label.Select(label => (label.Name, label.Value))];
        if (family.Type == MetricType.Counter)
            Series.Add(Key(family.Name, labels), metric.Counter.Value);
        else if (family.Type == MetricType.Gauge)
            Series.Add(Key(family.Name, labels), metric.Gauge.Value);
        else
            TakeHistogram(family.Name, metric.Histogram, labels);
    }

    private void TakeHistogram(string name, Histogram histogram, (string, string)[] labels)
    {
        foreach (Bucket bucket in histogram.Bucket)
        {
            string key = Key(name + "_bucket", [.. labels, ("le", bucket.UpperBound.ToString("R", CultureInfo.InvariantCulture).Replace("Infinity", "+Inf", StringComparison.Ordinal))]);
            Series.Add(key, bucket.HasCumulativeCountFloat ? bucket.CumulativeCountFloat : bucket.CumulativeCount);
            if (bucket.Exemplar is { } exemplar)
                Exemplars.Add(key, $"{exemplar.Label.Single().Value} {exemplar.Value:R} {(exemplar.Timestamp.Seconds * 1000) + (exemplar.Timestamp.Nanos / 1_000_000)}");
        }

        if (!double.IsNaN(histogram.SampleSum))
            Series.Add(Key(name + "_sum", labels), histogram.SampleSum);
        Series.Add(Key(name + "_count", labels), histogram.HasSampleCountFloat ? histogram.SampleCountFloat : histogram.SampleCount);
    }

    private void TakeLine(string line)
    {
        int position = line.IndexOfAny(['{', ' ']);
        string name = line[..position];
        List<(string, string)> labels = line[position] == '{' ? TakeLabels(line, ref position) : [];
        string[] rest = line[position..].Trim().Split(" # ");
        string key = Key(name, labels);
        Series.Add(key, Number(rest[0]));
        if (rest.Length == 1)
            return;
        position = 0;
        (string Name, string Value) label = TakeLabels(rest[1], ref position).Single();
        string[] numbers = rest[1][position..].Trim().Split(' ');
        Exemplars.Add(key, $"{label.Value} {Number(numbers[0]):R} {Math.Round(Number(numbers[1]) * 1000)}");
    }

    /// <summary>From the opening brace to behind the closing one.</summary>
    private static List<(string Name, string Value)> TakeLabels(string line, ref int position)
    {
        List<(string, string)> labels = [];
        for (position++; line[position] != '}';)
        {
            int equals = line.IndexOf('=', position);
            string name = line[position..equals];
            StringBuilder value = new();
            for (position = equals + 2; line[position] != '"'; position++)
            {
                bool escaped = line[position] == '\\';
                position += escaped ? 1 : 0;
                value.Append(escaped && line[position] == 'n' ? '\n' : line[position]);
            }

            labels.Add((name, value.ToString()));
            position += line[position + 1] == ',' ? 2 : 1;
        }

        position++;
        return labels;
    }
}
