using OppTel.Configuration;
using OppTel.Exports.Push;

namespace OppTel.Exports.RemoteWrite;

/// <summary>Version of the protocol.</summary>
internal enum RemoteWriteVersion
{
    /// <summary>2.0 if the receiver knows it, or else 1.0.</summary>
    Auto = 0,

    /// <summary>1.0.</summary>
    One = 1,

    /// <summary>2.0.</summary>
    Two = 2,
}

/// <summary>How exponential histograms are sent.</summary>
internal enum HistogramForm
{
    /// <summary>Native by version 2.0, which all of its receivers know; classic by 1.0.</summary>
    Auto = 0,

    /// <summary>As native histograms.</summary>
    Native = 1,

    /// <summary>As series of buckets, one for each power of two.</summary>
    Classic = 2,
}

/// <summary>One entry of <c>remote_write</c>.</summary>
/// <param name="Http">Where it listens.</param>
/// <param name="Push">How often, how much.</param>
/// <param name="Version">Version of the protocol.</param>
/// <param name="Histograms">How exponential histograms are sent.</param>
/// <param name="Labels">Labels that all series get.</param>
internal sealed record RemoteWriteConfiguration(
    HttpSettings Http, PushSettings Push, RemoteWriteVersion Version, HistogramForm Histograms, IReadOnlyDictionary<string, string> Labels)
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Type", "Content-Encoding", "Content-Length", "User-Agent", "X-Prometheus-Remote-Write-Version", "Host", "Transfer-Encoding", "Connection",
    };

    /// <summary>Reads one target.</summary>
    public static RemoteWriteConfiguration Read(ConfigurationSection section)
    {
        RemoteWriteConfiguration read = new(
            HttpSettings.Read(section, "url", Reserved),
            PushSettings.Read(section),
            ReadVersion(section),
            section.Choice("histograms", HistogramForm.Auto),
            section.TextMap("labels"));
        foreach (string label in read.Labels.Keys.Where(label => !IsLabel(label)))
            section.Report("labels", $"'{label}' is no name of a label: letters, digits and _, no digit first, and not __ first");
        return read;
    }

    private static RemoteWriteVersion ReadVersion(ConfigurationSection section)
    {
        string text = section.Text("protocol", "auto");
        if (text is not ("auto" or "1.0" or "2.0"))
            section.Report("protocol", $"'{text}' is not one of auto, 1.0, 2.0");
        return text switch { "1.0" => RemoteWriteVersion.One, "2.0" => RemoteWriteVersion.Two, _ => RemoteWriteVersion.Auto };
    }

    private static bool IsLabel(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && !name.StartsWith("__", StringComparison.Ordinal)
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
