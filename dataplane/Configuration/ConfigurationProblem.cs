namespace OppTel.Configuration;

/// <summary>One thing that is wrong in a configuration file.</summary>
/// <param name="File">Path as the user gave it.</param>
/// <param name="Line">Line, counted from 1.</param>
/// <param name="Column">Column, counted from 1.</param>
/// <param name="Message">What is wrong and what to do.</param>
public readonly record struct ConfigurationProblem(string File, long Line, long Column, string Message)
{
    /// <summary>As compilers print it: file:line:column: message.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>A configuration cannot be used; carries every problem that was found, in the order of the file.</summary>
/// <param name="problems">At least one.</param>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>All problems.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; } = problems;
}
