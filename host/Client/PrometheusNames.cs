using System.Text;
using OppTel.Producers;

namespace OppTel.Client;

/// <summary>OpenTelemetry's names and units in Prometheus spelling, by OpenTelemetry's own rules.</summary>
internal static class PrometheusNames
{
    private static readonly string[] DerivedEndings = ["_total", "_bucket", "_count", "_sum"];

    /// <summary>Names that the daemon or Prometheus gives a meaning.</summary>
    private static readonly string[] OtherLabels = ["host", "le", "quantile", "producer", "process_pid"];

    private static readonly Dictionary<string, string> Units = Table(
        "d days, h hours, min minutes, s seconds, ms milliseconds, us microseconds, ns nanoseconds, "
        + "By bytes, KiBy kibibytes, MiBy mebibytes, GiBy gibibytes, KBy kilobytes, MBy megabytes, GBy gigabytes, "
        + "m meters, V volts, A amperes, J joules, W watts, g grams, Cel celsius, Hz hertz, % percent");

    private static readonly Dictionary<string, string> PerUnits = Table("s second, min minute, h hour, d day, m meter");

    /// <summary>The name of an instrument's metric.</summary>
    /// <param name="instrument">Its name.</param>
    /// <param name="unit">UCUM; null for none.</param>
    /// <param name="kind">What it becomes.</param>
    public static string Metric(string instrument, string? unit, CellKind kind)
    {
        string name = Spell(instrument), suffix = Suffix(unit ?? "", kind);
        bool isCounter = kind == CellKind.Counter;
        if (isCounter && name.EndsWith("_total", StringComparison.Ordinal))
            name = name[..^"_total".Length];
        if (suffix.Length > 0 && name != suffix && !name.EndsWith($"_{suffix}", StringComparison.Ordinal))
            name = $"{name}_{suffix}";
        if (isCounter)
            return name + "_total";
        // Prometheus makes names with these endings out of others.
        return DerivedEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)) ? name + "_value" : name;
    }

    /// <summary>The name of a tag's label.</summary>
    public static string Label(string tag)
    {
        string name = Spell(tag);
        return OtherLabels.Contains(name) || name.StartsWith("__", StringComparison.Ordinal) ? $"tag_{name.TrimStart('_')}" : name;
    }

    private static string Suffix(string unit, CellKind kind)
    {
        // What stands in braces is a remark.
        string plain = string.Concat(unit.Split('{', '}').Where((_, index) => index % 2 == 0)).Trim();
        if (plain is "" or "1")
            return plain == "1" && kind == CellKind.Gauge ? "ratio" : "";
        int slash = plain.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return Units.GetValueOrDefault(plain) ?? Spell(plain).Trim('_');
        string per = plain[(slash + 1)..], what = Suffix(plain[..slash], CellKind.Counter);
        string each = per.Length == 0 ? "" : $"per_{PerUnits.GetValueOrDefault(per) ?? Spell(per).Trim('_')}";
        return string.Join('_', ((string[])[what, each]).Where(part => part.Length > 0));
    }

    private static Dictionary<string, string> Table(string pairs) =>
        pairs.Split(", ").Select(pair => pair.Split(' ')).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>Letters, digits and single underscores.</summary>
    private static string Spell(string text)
    {
        StringBuilder name = new(text.Length + 1);
        foreach (char letter in text)
        {
            if (char.IsAsciiLetterOrDigit(letter))
                name.Append(letter);
            else if (name.Length == 0 || name[^1] != '_')
                name.Append('_');
        }

        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            name.Insert(0, '_');
        return name.ToString();
    }
}
