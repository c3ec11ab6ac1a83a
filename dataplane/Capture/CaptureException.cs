namespace OppTel.Capture;

/// <summary>A capture file cannot be read or written.</summary>
/// <param name="file">Path as the user gave it.</param>
/// <param name="reason">What libpcap or the operating system said.</param>
public sealed class CaptureException(string file, string reason) : Exception($"{file}: {reason}")
{
    /// <summary>Path as the user gave it.</summary>
    public string File { get; } = file;
}
