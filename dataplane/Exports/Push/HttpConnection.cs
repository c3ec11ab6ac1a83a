using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OppTel.Configuration;

namespace OppTel.Exports.Push;

/// <summary>Makes what talks to a target, and what each request has to say.</summary>
internal static class HttpConnection
{
    /// <summary>Connections are made anew at times, so that a target that moved is found.</summary>
    private static readonly TimeSpan LongestConnection = TimeSpan.FromMinutes(5);

    /// <summary>A handler of its own for each target: no cookies, no redirects, no proxy of the environment.</summary>
    /// <exception cref="OperatorException">The file of certificates cannot be read.</exception>
    public static SocketsHttpHandler CreateHandler(HttpSettings settings)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = LongestConnection,
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        if (settings.CaFile is { } file)
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(file) };
        return handler;
    }

    /// <summary>Says once, at the start, which file is missing, or open to others.</summary>
    /// <exception cref="OperatorException">A file with a secret cannot be used.</exception>
    public static void CheckSecrets(HttpSettings settings) => _ = Authorization(settings);

    /// <summary>All headers that the settings ask for. Secrets are read each time: they change while programs run.</summary>
    /// <exception cref="OperatorException">A file with a secret cannot be used.</exception>
    public static IEnumerable<KeyValuePair<string, string>> Headers(HttpSettings settings)
    {
        foreach (KeyValuePair<string, string> header in settings.Headers)
            yield return header;
        if (Authorization(settings) is { } authorization)
            yield return new("Authorization", authorization.ToString());
    }

    private static AuthenticationHeaderValue? Authorization(HttpSettings settings)
    {
        if (settings.BearerTokenFile is { } token)
            return new AuthenticationHeaderValue("Bearer", Secret(settings, "token", token).Trim());
        if (settings.PasswordFile is not { } password)
            return null;
        byte[] pair = Encoding.UTF8.GetBytes($"{settings.User}:{Secret(settings, "password", password)}");
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
    }

    private static string Secret(HttpSettings settings, string what, string path)
    {
        string secret = SecretFile.ReadAllText($"{what} file of {settings.Name},", path).TrimEnd('\n', '\r');
        if (secret.Any(char.IsControl))
            throw new OperatorException(ExitCode.Configuration, $"the {what} file {path} has more than one line, or other control characters; write the {what} alone");
        return secret;
    }

    private static X509ChainPolicy TrustOnly(string file)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
            if (policy.CustomTrustStore.Count == 0)
                throw new CryptographicException("there is no certificate in it");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new OperatorException(ExitCode.Configuration, $"cannot take certificates from {file}: {exception.Message}", exception);
        }

        return policy;
    }
}
