using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>The files of a certificate, in PEM.</summary>
/// <param name="Certificate">The certificate, and those between it and a root that clients know.</param>
/// <param name="Key">Its private key.</param>
internal sealed record TlsConfiguration(string Certificate, string Key);

/// <summary>Who may ask.</summary>
/// <param name="User">The user's name.</param>
/// <param name="PasswordFile">File with the password.</param>
internal sealed record BasicAuthConfiguration(string User, string PasswordFile);

/// <summary>How the web server is kept from others; null for what is not configured.</summary>
/// <param name="Tls">The keys of <c>tls</c>.</param>
/// <param name="BasicAuth">The keys of <c>basic_auth</c>.</param>
/// <param name="Hosts">Names of the server besides its addresses and the machine's name.</param>
internal sealed record AccessConfiguration(TlsConfiguration? Tls, BasicAuthConfiguration? BasicAuth, IReadOnlyList<string> Hosts)
{
    /// <summary>The scheme of the server's addresses.</summary>
    public string Scheme => Tls is null ? "http" : "https";

    /// <summary>Reads <c>tls</c>, <c>basic_auth</c> and <c>hosts</c>.</summary>
    public static AccessConfiguration Read(ConfigurationSection root) => new(ReadTls(root), ReadBasicAuth(root), HostNames.Read(root));

    private static TlsConfiguration? ReadTls(ConfigurationSection root)
    {
        if (!root.Has("tls"))
            return null;
        ConfigurationSection section = root.RequiredSection("tls");
        return new TlsConfiguration(section.RequiredText("certificate"), section.RequiredText("key"));
    }

    private static BasicAuthConfiguration? ReadBasicAuth(ConfigurationSection root)
    {
        if (!root.Has("basic_auth"))
            return null;
        ConfigurationSection section = root.RequiredSection("basic_auth");
        string user = section.RequiredText("user");
        if (user.Contains(':'))
            section.Report("user", "must not contain a colon: HTTP ends the name there");
        return new BasicAuthConfiguration(user, section.RequiredText("password_file"));
    }
}
