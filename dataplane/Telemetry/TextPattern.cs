namespace OppTel.Telemetry;

/// <summary>A text, or the beginning of one with a star behind it.</summary>
/// <param name="Text">As it was written.</param>
public readonly record struct TextPattern(string Text)
{
    private bool IsBeginning => Text.EndsWith('*');

    /// <summary>Whether a star stands where it can: at the end, or nowhere.</summary>
    public bool IsValid => Text.Length > 0 && Text.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == Text.Length - 1);

    /// <summary>Whether a text is, or begins with, what was written.</summary>
    public bool Matches(string text) =>
        IsBeginning ? text.AsSpan().StartsWith(Text.AsSpan(..^1), StringComparison.Ordinal) : text == Text;
}
