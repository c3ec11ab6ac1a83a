using System.Buffers;
using System.Globalization;

namespace OppTel.Configuration;

/// <summary>Numbers with units, as configurations spell them.</summary>
public static class Quantity
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, decimal Ticks)[] DurationUnits =
    [
        ("ns", 0.01m), ("us", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    private static readonly (string Unit, decimal Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("B", 1),
    ];

    /// <summary>Reads a duration such as 10us, 1.5s; resolution 100 ns.</summary>
    public static bool TryParseDuration(string text, out TimeSpan value)
    {
        bool parsed = TryParse(text, DurationUnits, out decimal ticks);
        value = parsed ? TimeSpan.FromTicks((long)ticks) : default;
        return parsed;
    }

    /// <summary>Reads a size such as 4MiB, in bytes.</summary>
    public static bool TryParseBytes(string text, out long value)
    {
        bool parsed = TryParse(text, SizeUnits, out decimal bytes);
        value = parsed ? (long)bytes : 0;
        return parsed;
    }

    /// <summary>Writes a duration in the largest unit that gives a whole number.</summary>
    public static string Format(TimeSpan value) => Format(value.Ticks, DurationUnits);

    /// <summary>Writes a size in the largest unit that gives a whole number.</summary>
    public static string Format(long bytes) => Format(bytes, SizeUnits);

    private static bool TryParse(string text, (string Unit, decimal Factor)[] units, out decimal value)
    {
        value = 0;
        int digits = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0)
            return false;
        string unit = text[digits..].Trim();
        foreach ((string name, decimal factor) in units)
        {
            if (name != unit || !decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
                continue;
            // The multiplication below has to stay inside the type.
            if (number > long.MaxValue)
                return false;
            value = number * factor;
            return value < long.MaxValue;
        }

        return false;
    }

    private static string Format(long value, (string Unit, decimal Factor)[] units)
    {
        // Zero is a whole number of every unit: the one in the middle reads best.
        (string unit, decimal factor) = value == 0
            ? units[2]
            : units.Where(candidate => value % candidate.Factor == 0).MaxBy(candidate => candidate.Factor);
        return $"{(value / factor).ToString("0", CultureInfo.InvariantCulture)}{unit}";
    }
}
