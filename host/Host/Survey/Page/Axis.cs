using System.Globalization;

namespace OppTel.Host.Survey.Page;

/// <summary>A tick of an axis.</summary>
/// <param name="At">Where, in the axis' own unit.</param>
/// <param name="Label">What it says.</param>
internal readonly record struct Tick(double At, string Label);

/// <summary>Maps values onto 0 to 1, and knows its ticks.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="From">Its low end.</param>
/// <param name="To">Its high end, above the low one.</param>
/// <param name="IsLogarithmic">Whether equal factors are equally far.</param>
/// <param name="Ticks">In order.</param>
internal sealed record Axis(string Title, double From, double To, bool IsLogarithmic, IReadOnlyList<Tick> Ticks)
{
    private static readonly (int Digit, int Steps)[] RoundDigits = [(1, 5), (2, 4), (3, 3), (5, 5), (10, 5)];
    private static readonly double[] RoundShares = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];

    /// <summary>Where a value is; values beyond the ends are at the ends.</summary>
    public double At(double value) => Math.Clamp(
        IsLogarithmic ? Math.Log(Math.Max(value, From) / From) / Math.Log(To / From) : (value - From) / (To - From), 0, 1);

    /// <summary>Durations in seconds, whole decades, logarithmic.</summary>
    public static Axis Time(string title, double shortest, double longest)
    {
        int first = (int)Math.Floor(Math.Log10(Math.Max(shortest, 1e-9)) + 1e-9);
        int last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(Math.Max(longest, 1e-9)) - 1e-9));
        // Labels need space: at most seven of them.
        int step = ((last - first) / 7) + 1;
        return new Axis(title, Math.Pow(10, first), Math.Pow(10, last), true, [.. Enumerable.Range(0, last - first + 1).Where(index => index % step == 0)
            .Select(index => new Tick(Math.Pow(10, first + index), Figures.Round(Math.Pow(10, first + index))))]);
    }

    /// <summary>Lengths in bytes, powers of two, logarithmic.</summary>
    public static Axis Length(string title, double longest)
    {
        int last = Math.Max(8, (int)Math.Ceiling(Math.Log2(Math.Max(longest, 1))));
        return new Axis(title, 32, Math.Pow(2, last), true, [.. Enumerable.Range(5, last - 4).Where(power => last <= 12 || power % 2 == 0)
            .Select(power => new Tick(1 << power, Figures.Count(1ul << power)))]);
    }

    /// <summary>Numbers from 0, linear.</summary>
    public static Axis Number(string title, double to, int steps) => new(title, 0, to, false, [.. Enumerable.Range(0, steps + 1)
        .Select(index => new Tick(to * index / steps, Figures.Count((ulong)Math.Round(to * index / steps))))]);

    /// <summary>Kinds of something side by side, each of width 1.</summary>
    public static Axis Kinds(string title, IReadOnlyList<string> names) =>
        new(title, 0, names.Count, false, [.. names.Select((name, index) => new Tick(index + 0.5, name))]);

    /// <summary>Bytes a second from 0 to a round number that is large enough, linear.</summary>
    public static Axis Bandwidth(string title, double largest)
    {
        double decade = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(largest, 1))));
        (int digit, int steps) = RoundDigits.First(round => round.Digit * decade >= largest * (1 - 1e-9));
        return new Axis(title, 0, digit * decade, false, [.. Enumerable.Range(0, steps + 1)
            .Select(index => digit * decade * index / steps).Select(bytes => new Tick(bytes, Figures.RoundBytes(bytes)))]);
    }

    /// <summary>Shares from 0 to a round number of percent that is large enough, linear.</summary>
    public static Axis Share(string title, double largest)
    {
        double to = RoundShares.First(bound => bound >= largest || bound == 1);
        return new Axis(title, 0, to, false, [.. Enumerable.Range(0, 5)
            .Select(index => new Tick(to * index / 4, $"{(100 * to * index / 4).ToString("0.#", CultureInfo.InvariantCulture)} %"))]);
    }
}
