using System.Globalization;
using System.Text.Json;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>
/// The ages that <c>scripts/bench age</c> tells, of each pattern of traffic in turn. Nothing is asserted; OPPTEL_SECONDS and
/// OPPTEL_ROUNDS say how long and how often, OPPTEL_RESULT where the figures go.
/// </summary>
public sealed class AgeMeasurements(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void Patterns()
    {
        using AgeBed ages = new();
        List<AgeFigures> figures = [];
        TimeSpan duration = TimeSpan.FromSeconds(Number("OPPTEL_SECONDS", 20));
        for (int round = 0; round < Number("OPPTEL_ROUNDS", 1); round++)
        {
            foreach (Pattern pattern in Pattern.All)
            {
                figures.Add(ages.Measure(pattern, duration));
                output.WriteLine($"{figures[^1]}");
            }
        }

        if (Environment.GetEnvironmentVariable("OPPTEL_RESULT") is { } path)
            File.WriteAllText(path, JsonSerializer.Serialize(new { seconds = duration.TotalSeconds, figures }));
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
