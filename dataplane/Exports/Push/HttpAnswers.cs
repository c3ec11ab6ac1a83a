using System.Net;
using System.Text;

namespace OppTel.Exports.Push;

/// <summary>Reads what all HTTP answers may say.</summary>
internal static class HttpAnswers
{
    private const int MaxMessage = 1024;

    /// <summary>When the server wants to be asked again: seconds, or a date.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is not { } header)
            return null;
        TimeSpan? wait = header.Delta ?? (header.Date - DateTimeOffset.UtcNow);
        return wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>Status, and the beginning of the body on one line.</summary>
    public static async Task<string> Describe(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] body = await ReadStart(response, MaxMessage, cancellation).ConfigureAwait(false);
        string text = new([.. Encoding.UTF8.GetString(body).Trim().Select(letter => char.IsControl(letter) ? ' ' : letter)]);
        string status = $"HTTP {(int)response.StatusCode} {Name(response.StatusCode)}";
        return text.Length == 0 ? status : $"{status}: {text}";
    }

    /// <summary>At most so many bytes of a body: a server may answer with any number.</summary>
    public static async Task<byte[]> ReadStart(HttpResponseMessage response, int limit, CancellationToken cancellation)
    {
        byte[] buffer = new byte[limit];
        Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            int length = await stream.ReadAtLeastAsync(buffer, limit, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            return buffer[..length];
        }
    }

    private static string Name(HttpStatusCode code) => Enum.IsDefined(code) ? code.ToString() : "";
}
