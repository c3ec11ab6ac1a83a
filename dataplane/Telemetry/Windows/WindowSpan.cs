namespace OppTel.Telemetry.Windows;

/// <summary>The windows that are kept; each holds whole ones of the shorter one.</summary>
public enum WindowSpan
{
    /// <summary>1 s.</summary>
    Second = 0,

    /// <summary>10 s.</summary>
    TenSeconds = 1,

    /// <summary>60 s.</summary>
    Minute = 2,
}

/// <summary>Facts about <see cref="WindowSpan"/>.</summary>
public static class WindowSpans
{
    /// <summary>Number of spans.</summary>
    public const int Count = 3;

    /// <summary>Nanoseconds of the shortest.</summary>
    public const ulong Nanoseconds = 1_000_000_000;

    /// <summary>Seconds of a span.</summary>
    public static ulong Seconds(this WindowSpan span) => span switch
    {
        WindowSpan.Second => 1,
        WindowSpan.TenSeconds => 10,
        _ => 60,
    };
}
