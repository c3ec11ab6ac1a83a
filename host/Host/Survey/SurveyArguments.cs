using System.CommandLine;
using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Host.Survey;

/// <summary>A duration such as 10ms on the command line.</summary>
internal sealed class DurationOption : Option<string>
{
    /// <summary>With a default and a range, both ends included.</summary>
    public DurationOption(string name, string description, string fallback, TimeSpan least, TimeSpan most)
        : base(name)
    {
        (Description, HelpName, DefaultValueFactory) = (description, "TIME", _ => fallback);
        Validators.Add(result =>
        {
            string text = result.GetValue(this) ?? "";
            if (!Quantity.TryParseDuration(text, out TimeSpan value) || value < least || value > most)
                result.AddError($"{name} {text}: needs a duration from {Quantity.Format(least)} to {Quantity.Format(most)}, such as {fallback}");
        });
    }

    /// <summary>Its value.</summary>
    public TimeSpan In(ParseResult parsed) =>
        Quantity.TryParseDuration(parsed.GetRequiredValue(this), out TimeSpan value) ? value : throw new InvalidOperationException(Name);
}

/// <summary>Whole numbers with commas between them on the command line.</summary>
internal sealed class NumbersOption : Option<string>
{
    /// <summary>With a default and a range for each, both ends included.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="description">For the help.</param>
    /// <param name="fallback">The default.</param>
    /// <param name="most">How many numbers there may be.</param>
    /// <param name="from">The least number.</param>
    /// <param name="to">The largest number.</param>
    public NumbersOption(string name, string description, string fallback, int most, int from, int to)
        : base(name)
    {
        (Description, HelpName, DefaultValueFactory) = (description, most == 1 ? "N" : "N,N", _ => fallback);
        Validators.Add(result =>
        {
            string text = result.GetValue(this) ?? "";
            string[] numbers = text.Split(',');
            if (numbers.Length > most || !numbers.All(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= from && value <= to))
                result.AddError($"{name} {text}: needs {(most == 1 ? "a number" : $"up to {most} numbers")} from {from} to {to}, such as {fallback}");
        });
    }

    /// <summary>Its values.</summary>
    public int[] In(ParseResult parsed) => [.. parsed.GetRequiredValue(this).Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
}
