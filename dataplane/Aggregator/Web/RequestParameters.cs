using System.Globalization;
using Microsoft.AspNetCore.Http;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>Reads the parameters of a request; what cannot be read is a <see cref="RequestException"/>.</summary>
/// <param name="query">The query string.</param>
/// <param name="now">Unix time in nanoseconds.</param>
internal sealed class RequestParameters(IQueryCollection query, long now)
{
    private const decimal Nanoseconds = 1_000_000_000;

    /// <summary>Times are within 146 years of 1970, so that sums of two do not overflow.</summary>
    private const long Farthest = 1L << 62;

    /// <summary>Unix time of the request, in nanoseconds.</summary>
    public long Now => now;

    /// <summary>All parameters.</summary>
    public IQueryCollection Query => query;

    /// <summary>A text, or null.</summary>
    public string? Text(string name) => query[name] is { Count: > 0 } values && values[^1] is { Length: > 0 } text ? text : null;

    /// <summary>true or false.</summary>
    public bool Boolean(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        { } other => throw new RequestException($"{name}={other} is neither true nor false"),
    };

    /// <summary>A whole number within bounds.</summary>
    public int Integer(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            return value;
        throw new RequestException($"{name}={text} is not a whole number from {least} to {most}");
    }

    /// <summary>A duration with its unit, in nanoseconds.</summary>
    public long Duration(string name, string fallback)
    {
        string text = Text(name) ?? fallback;
        if (Quantity.TryParseDuration(text, out TimeSpan value) && value > TimeSpan.Zero)
            return Bounded(value.Ticks * 100m);
        throw new RequestException($"{name}={text} is not a duration; write it with its unit, such as 10ms");
    }

    /// <summary>A time: Unix seconds, RFC 3339, or relative to now. The result is Unix time in nanoseconds.</summary>
    public long Time(string name, string fallback)
    {
        string text = Text(name) ?? fallback;
        if (text == "now")
            return now;
        if (text[0] is '-' or '+' && Quantity.TryParseDuration(text[1..], out TimeSpan distance))
            return Bounded(now + (distance.Ticks * (text[0] == '-' ? -100m : 100m)));
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds) && seconds < long.MaxValue / Nanoseconds)
            return Bounded(seconds * Nanoseconds);
        if (text.Length > 10 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date))
            return Bounded((date - DateTimeOffset.UnixEpoch).Ticks * 100m);
        throw new RequestException(
            $"{name}={text} is not a time; write Unix seconds, RFC 3339 such as 2026-01-31T03:12:07Z (a + in it as %2B), or a distance from now such as -10s");
    }

    private static long Bounded(decimal nanoseconds) => (long)Math.Clamp(nanoseconds, -Farthest, Farthest);
}
