using System.Globalization;
using System.Text.Json;
using OppTel.Benchmarks;

// Run by scripts/bench, which knows what the arguments are for: ROUNDS [json].
int rounds = int.Parse(args[0], CultureInfo.InvariantCulture);
List<Figure> figures = Rounds.Run(rounds, typeof(HistogramBenchmarks), typeof(KeyBenchmarks));
Ratio[] ratios =
[
    Ratio.Of(figures, "histogram", "HdrHistogram"),
    Ratio.Of(figures, "histogram", "OpenTelemetry"),
    Ratio.Of(figures, "histogram, many at once", "HdrHistogram"),
    Ratio.Of(figures, "histogram, many at once", "OpenTelemetry"),
    Ratio.Of(figures, "SpaceSaving of 256 keys", "Dictionary"),
    Ratio.Of(figures, "HyperLogLog", "HashSet"),
];

if (args.Contains("json"))
{
    Console.WriteLine(JsonSerializer.Serialize(new { rounds, figures, ratios }, JsonOptions.Written));
    return;
}

Console.WriteLine("                            ns for each (fastest to slowest round)   bytes for each");
foreach (Figure figure in figures)
    Console.WriteLine($"{figure.Name,-27} {$"{figure.Median:f2} ({figure.Least:f2} to {figure.Most:f2})",38} {figure.Bytes,16:f2}");
foreach (Ratio ratio in ratios)
    Console.WriteLine(ratio);
