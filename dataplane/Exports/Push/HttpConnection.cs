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

    /// <summary>Says once, at the start, which file is missing.</summary>
    /// <exception cref="OperatorException">A file with a secret cannot be read.</exception>
    public static void CheckSecrets(HttpSettings settings)
    {
        try
        {
            _ = Authorization(settings);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OperatorException(ExitCode.Configuration, $"cannot read a file that {settings.Name} needs: {exception.Message}", exception);
        }
    }

    /// <summary>All headers that the settings ask for. Secrets are read each time: they change while programs run.</summary>
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
            return new AuthenticationHeaderValue("Bearer", File.ReadAllText(token).Trim());
        if (settings.PasswordFile is not { } password)
            return null;
        byte[] pair = Encoding.UTF8.GetBytes($"{settings.User}:{File.ReadAllText(password).TrimEnd('\n', '\r')}");
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair));
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
