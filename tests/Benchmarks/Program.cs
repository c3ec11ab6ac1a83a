using System.Globalization;
using System.Text.Json;
using OppTel.Benchmarks;
using OppTel.Benchmarks.Scrapes;

// Run by scripts/bench, which knows what the arguments are for: ROUNDS [json], or captures ONCE LOAD SERIES, or scrapes SEGMENT URL PROCESS
// SERIES ROUNDS SECONDS.
if (args[0] == "captures")
{
    LoadCapture.Write(args[1], args[2], Number(3));
    return;
}

if (args[0] == "scrapes")
{
    Console.WriteLine(JsonSerializer.Serialize(ScrapeRounds.Run(args[1], new Uri(args[2]), Number(3), Number(4), Number(5), Number(6)), JsonOptions.Written));
    return;
}

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

int Number(int index) => int.Parse(args[index], CultureInfo.InvariantCulture);
