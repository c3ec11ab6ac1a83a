using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>Reads what the server shows of itself, in PEM.</summary>
internal static class TlsCertificate
{
    /// <summary>Reads them.</summary>
    /// <exception cref="OperatorException">They cannot be read, others may read the key, or they do not belong together.</exception>
    public static SslStreamCertificateContext Load(TlsConfiguration files)
    {
        string key = SecretFile.ReadAllText("TLS key", files.Key);
        try
        {
            string text = File.ReadAllText(files.Certificate);
            X509Certificate2Collection chain = [];
            chain.ImportFromPem(text);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(text, key), chain, offline: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(ExitCode.Configuration, $"cannot read the TLS certificate {files.Certificate}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new OperatorException(
                ExitCode.Configuration,
                $"the TLS certificate {files.Certificate} and the key {files.Key} make no pair in PEM ({exception.Message}); "
                + "the first certificate of the file has to be that of the key, and the key must not need a password",
                exception);
        }
    }
}
