using System.Text;
using System.Text.Unicode;

namespace OppTel.Host.Producers;

/// <summary>Texts of strangers.</summary>
internal static class ProducerStrings
{
    /// <summary>The UTF-8 text before the first zero byte; false when there is none, or it is no UTF-8.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        int length = bytes.IndexOf((byte)0);
        if (length < 0 || !Utf8.IsValid(bytes[..length]))
            return false;
        text = Encoding.UTF8.GetString(bytes[..length]);
        return true;
    }

    /// <summary>Whether Prometheus takes it for a name of a metric (without colons) or of a label.</summary>
    public static bool IsName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
