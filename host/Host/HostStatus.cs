using System.Globalization;
using System.Text.Json;

namespace OppTel.Host;

/// <summary>The daemon's state as its metrics show it.</summary>
internal static class HostStatus
{
    /// <summary>Reads the samples of a Prometheus text exposition; keys keep their labels.</summary>
    public static SortedDictionary<string, double> Parse(string exposition)
    {
        SortedDictionary<string, double> samples = new(StringComparer.Ordinal);
        foreach (string line in exposition.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int end = line.LastIndexOf(' ');
            if (line[0] != '#' && end > 0 && double.TryParse(line.AsSpan(end), CultureInfo.InvariantCulture, out double value))
                samples[line[..end].Replace("opptel_host_", "", StringComparison.Ordinal)] = value;
        }

        return samples;
    }

    /// <summary>Prints one sample a line, or one JSON object.</summary>
    public static void Print(TextWriter output, SortedDictionary<string, double> samples, bool json)
    {
        if (json)
        {
            using MemoryStream buffer = new();
            using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true }))
            {
                writer.WriteStartObject();
                foreach ((string name, double value) in samples)
                    writer.WriteNumber(name, value);
                writer.WriteEndObject();
            }

            output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
            return;
        }

        int width = samples.Keys.Max(name => name.Length);
        foreach ((string name, double value) in samples)
            output.WriteLine($"{name.PadRight(width)}  {value.ToString("0.###", CultureInfo.InvariantCulture)}");
    }
}
