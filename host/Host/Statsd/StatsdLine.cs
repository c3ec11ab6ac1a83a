using System.Globalization;

namespace OppTel.Host.Statsd;

/// <summary>What a line counts.</summary>
internal enum StatsdType
{
    /// <summary>"c": added to a sum.</summary>
    Counter,

    /// <summary>"g": set, or changed by a number with a sign.</summary>
    Gauge,

    /// <summary>"ms": milliseconds, into a histogram of seconds.</summary>
    Timer,

    /// <summary>"h" or "d": any unit, into a histogram.</summary>
    Histogram,
}

/// <summary>One line of the StatsD protocol: <c>name:value|type[|@rate][|#tag:value,...]</c>.</summary>
/// <param name="Name">As it came.</param>
/// <param name="Value">Finite.</param>
/// <param name="IsChange">Whether a gauge's value has a sign, and changes what it was.</param>
/// <param name="Type">What it counts.</param>
/// <param name="Rate">Share of events that the sender tells of; above 0, at most 1.</param>
/// <param name="Tags">Names and values.</param>
internal sealed record StatsdLine(string Name, double Value, bool IsChange, StatsdType Type, double Rate, IReadOnlyList<(string Name, string Value)> Tags)
{
    /// <summary>Reads a line.</summary>
    /// <param name="text">Without its end.</param>
    /// <param name="line">What it says.</param>
    /// <returns>Why it says nothing; null when it does.</returns>
    public static string? TryParse(string text, out StatsdLine? line)
    {
        line = null;
        // Tags may have colons: the name ends at the first one.
        if (text.IndexOf(':', StringComparison.Ordinal) is not (int colon and > 0))
            return "no_name";
        string[] fields = text[(colon + 1)..].Split('|');
        if (fields.Length < 2)
            return "no_type";
        if (!double.TryParse(fields[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
            return "bad_value";
        StatsdType? type = fields[1] switch
        {
            "c" => StatsdType.Counter,
            "g" => StatsdType.Gauge,
            "ms" => StatsdType.Timer,
            "h" or "d" => StatsdType.Histogram,
            _ => null,
        };
        if (type is null)
            return "unknown_type";
        // A histogram has no place for what is below nothing, and a counter only grows.
        if (type != StatsdType.Gauge && value < 0)
            return "bad_value";
        double rate = 1;
        List<(string Name, string Value)> tags = [];
        foreach (string field in fields.Skip(2))
        {
            if (field.StartsWith('#'))
                tags.AddRange(field[1..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ReadTag));
            else if (!field.StartsWith('@') || !double.TryParse(field[1..], NumberStyles.Float, CultureInfo.InvariantCulture, out rate) || rate is not (> 0 and <= 1))
                return "bad_field";
        }

        bool isChange = type == StatsdType.Gauge && fields[0][0] is '+' or '-';
        line = new StatsdLine(text[..colon], value, isChange, type.Value, rate, tags);
        return null;
    }

    private static (string Name, string Value) ReadTag(string tag) =>
        tag.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? (tag[..colon], tag[(colon + 1)..]) : (tag, "");
}
