using System.Globalization;

namespace OppTel.Exports;

/// <summary>Numbers as the text formats spell them.</summary>
internal static class NumberText
{
    /// <summary>Bytes that any number fits in.</summary>
    public const int MaxLength = 40;

    /// <summary>Whole numbers up to here are spelled without an exponent, and quickly.</summary>
    private const double LargestWhole = 1e15;

    /// <summary>Writes a value; answers its length in bytes.</summary>
    public static int Format(double value, Span<byte> destination)
    {
        bool isWhole = Math.Abs(value) < LargestWhole && value == (long)value && (value != 0 || !double.IsNegative(value));
        if (isWhole && ((long)value).TryFormat(destination, out int length, default, CultureInfo.InvariantCulture))
            return length;
        return Special(value, destination) is var special and > 0 ? special : Shortest(value, destination);
    }

    /// <summary>
    /// Writes a bound as Prometheus itself does when it reads protobuf, and as OpenMetrics prefers: <c>2.0</c>, <c>1e+06</c>,
    /// <c>0.00025</c>, <c>2.5e-07</c>.
    /// </summary>
    public static int FormatBound(double value, Span<byte> destination)
    {
        if (Special(value, destination) is var special and > 0)
            return special;
        Span<byte> shortest = stackalloc byte[MaxLength], digits = stackalloc byte[MaxLength];
        shortest = shortest[..Shortest(Math.Abs(value), shortest)];
        (int count, int point) = Split(shortest, digits);
        digits = digits[..count];
        int length = 0;
        if (value < 0)
            destination[length++] = (byte)'-';
        // Go's format g: an exponent below 1e-4 and from 1e6 on.
        Span<byte> rest = destination[length..];
        return length + (count > 0 && point is < -3 or > 6 ? Scientific(digits, point - 1, rest) : Fixed(digits, point, rest));
    }

    /// <summary>Takes a number apart: its digits without zeros around them, and how many of them stand before the point.</summary>
    private static (int Count, int Point) Split(ReadOnlySpan<byte> text, Span<byte> digits)
    {
        int mark = text.IndexOf((byte)'E');
        int exponent = mark >= 0 ? int.Parse(text[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        ReadOnlySpan<byte> mantissa = mark >= 0 ? text[..mark] : text;
        int point = mantissa.IndexOf((byte)'.');
        int whole = point >= 0 ? point : mantissa.Length;
        int count = 0, leading = 0;
        foreach (byte letter in mantissa)
        {
            if (letter == '.')
                continue;
            if (count == 0 && letter == '0')
                leading++;
            else
                digits[count++] = letter;
        }

        return (digits[..count].TrimEnd((byte)'0').Length, whole - leading + exponent);
    }

    private static int Scientific(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        int length = 0;
        destination[length++] = digits[0];
        if (digits.Length > 1)
        {
            destination[length++] = (byte)'.';
            digits[1..].CopyTo(destination[length..]);
            length += digits.Length - 1;
        }

        destination[length++] = (byte)'e';
        destination[length++] = (byte)(exponent < 0 ? '-' : '+');
        _ = Math.Abs(exponent).TryFormat(destination[length..], out int written, "00", CultureInfo.InvariantCulture);
        return length + written;
    }

    private static int Fixed(ReadOnlySpan<byte> digits, int point, Span<byte> destination)
    {
        int length = 0;
        // At least one place on each side of the point.
        for (int place = Math.Min(point - 1, 0); place < Math.Max(digits.Length, point + 1); place++)
        {
            if (place == point)
                destination[length++] = (byte)'.';
            destination[length++] = place >= 0 && place < digits.Length ? digits[place] : (byte)'0';
        }

        return length;
    }

    private static int Special(double value, Span<byte> destination)
    {
        ReadOnlySpan<byte> word = double.IsNaN(value) ? "NaN"u8
            : double.IsPositiveInfinity(value) ? "+Inf"u8
            : double.IsNegativeInfinity(value) ? "-Inf"u8 : [];
        word.CopyTo(destination);
        return word.Length;
    }

    private static int Shortest(double value, Span<byte> destination)
    {
        int length = Format(value, "R", destination);
        // Below a power of two numbers lie half as far apart: .NET's shortest text of 2^-25 is that of its neighbour.
        bool isPowerOfTwo = (BitConverter.DoubleToUInt64Bits(value) & ((1ul << 52) - 1)) == 0;
        return !isPowerOfTwo || double.Parse(destination[..length], CultureInfo.InvariantCulture).Equals(value) ? length : Format(value, "G17", destination);
    }

    private static int Format(double value, string format, Span<byte> destination) => value.TryFormat(destination, out int length, format, CultureInfo.InvariantCulture)
        ? length
        : throw new InvalidOperationException($"a number needs more than {MaxLength} bytes");
}
