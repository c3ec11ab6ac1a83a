using System.Globalization;

namespace OppTel.Host.Survey;

/// <summary>Figures as people read them: three digits, and a unit that fits.</summary>
internal static class Figures
{
    /// <summary>What stands where nothing was seen.</summary>
    public const string None = "-";

    private static readonly (double Below, double Unit, string Name)[] Durations =
        [(0.9995e-6, 1e-9, "ns"), (0.9995e-3, 1e-6, "us"), (0.9995, 1e-3, "ms"), (double.PositiveInfinity, 1, "s")];

    private static readonly string[] SizeUnits = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>1,234,567; in millions where that would be long.</summary>
    public static string Count(ulong count) => Whole(count);

    /// <summary>12,345 or 1.23</summary>
    public static string Rate(double perSecond) => perSecond is 0 or >= 999.5 ? Whole(perSecond) : Digits(perSecond);

    /// <summary>12.3 %; what is there is never nothing, and what is missing never everything.</summary>
    public static string Share(double share) => share switch
    {
        0 => "0 %",
        < 0.0005 => "<0.1 %",
        > 0.9995 and < 1 => ">99.9 %",
        _ => $"{(100 * share).ToString("0.0", CultureInfo.InvariantCulture)} %",
    };

    /// <summary>12.3 MB; decimal units.</summary>
    public static string Bytes(double bytes) => Bytes(bytes, Digits);

    /// <summary>12.3 us</summary>
    public static string Duration(double? seconds) => Duration(seconds, Digits);

    /// <summary>A round duration, without digits that say nothing: 10 us, 2.5 ms.</summary>
    public static string Round(double seconds) => Duration(seconds, Plain);

    /// <summary>A round number of bytes, without digits that say nothing: 500 kB, 1.5 MB.</summary>
    public static string RoundBytes(double bytes) => Bytes(bytes, Plain);

    private static string Whole(double value) =>
        value < 1e9 ? value.ToString("N0", CultureInfo.InvariantCulture) : $"{(value / 1e6).ToString("N0", CultureInfo.InvariantCulture)} M";

    private static string Duration(double? seconds, Func<double, string> digits)
    {
        if (seconds is not { } value)
            return None;
        (_, double unit, string name) = Durations.First(candidate => value < candidate.Below);
        return $"{digits(value / unit)} {name}";
    }

    private static string Bytes(double bytes, Func<double, string> digits)
    {
        int unit = 0;
        for (; bytes >= 999.5 && unit < SizeUnits.Length - 1; unit++)
            bytes /= 1000;
        return $"{(unit == 0 ? bytes.ToString("0", CultureInfo.InvariantCulture) : digits(bytes))} {SizeUnits[unit]}";
    }

    private static string Plain(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Digits(double value) =>
        value.ToString(value is 0 or >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
