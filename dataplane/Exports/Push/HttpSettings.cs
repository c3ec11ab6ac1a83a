using OppTel.Configuration;

namespace OppTel.Exports.Push;

/// <summary>Where a target listens, and what it has to be told before it does.</summary>
internal sealed record HttpSettings
{
    /// <summary>http or https.</summary>
    public required Uri Url { get; init; }

    /// <summary>Added to each request.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>File with a token; null for none.</summary>
    public required string? BearerTokenFile { get; init; }

    /// <summary>Name of a user; null for none.</summary>
    public required string? User { get; init; }

    /// <summary>File with the password; null for none.</summary>
    public required string? PasswordFile { get; init; }

    /// <summary>File with the certificates, in PEM, that the server's has to come from; null for the system's.</summary>
    public required string? CaFile { get; init; }

    /// <summary>The target as logs and metrics call it: without whatever is secret.</summary>
    public string Name => Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>Reads the keys.</summary>
    /// <param name="section">A target's.</param>
    /// <param name="urlKey">The key of its address.</param>
    /// <param name="reserved">Headers that the protocol sets itself.</param>
    public static HttpSettings Read(ConfigurationSection section, string urlKey, IReadOnlySet<string> reserved)
    {
        ConfigurationSection basic = section.Section("basic_auth");
        HttpSettings settings = new()
        {
            Url = ReadUrl(section, urlKey),
            Headers = section.TextMap("headers"),
            BearerTokenFile = section.OptionalText("bearer_token_file"),
            User = section.Has("basic_auth") ? basic.RequiredText("username") : null,
            PasswordFile = section.Has("basic_auth") ? basic.RequiredText("password_file") : null,
            CaFile = section.OptionalText("ca_file"),
        };
        foreach (string header in settings.Headers.Keys.Where(header => reserved.Contains(header) || !IsToken(header)))
            section.Report("headers", $"'{header}' {(IsToken(header) ? "is set by the protocol itself" : "is no name of a header")}; leave it out");
        foreach ((string header, string value) in settings.Headers.Where(header => header.Value.Any(char.IsControl)))
            section.Report("headers", $"the value of '{header}' has control characters ({value.Length} characters in all)");
        if (settings.User is not null && settings.BearerTokenFile is not null)
            section.Report("basic_auth", "there is a bearer_token_file as well; keep one of them");
        if (settings.Headers.Keys.Contains("Authorization", StringComparer.OrdinalIgnoreCase) && (settings.User ?? settings.BearerTokenFile) is not null)
            section.Report("headers", "Authorization is there, and so is basic_auth or bearer_token_file; keep one of them");
        return settings;
    }

    private static Uri ReadUrl(ConfigurationSection section, string key)
    {
        string text = section.RequiredText(key);
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0)
            return url;
        if (text.Length > 0)
            section.Report(key, $"'{(url?.UserInfo.Length > 0 ? "(with a password)" : text)}' is not an address such as https://collector.example:4318; names and passwords go into basic_auth");
        return new Uri("http://localhost");
    }

    private static bool IsToken(string header) => header.Length > 0 && header.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter));
}
