using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OppTel.Aggregator.Tests;

/// <summary>Self-signed certificates in PEM.</summary>
internal static class Certificates
{
    /// <summary>Writes <c>certificate.pem</c> and <c>key.pem</c> for 127.0.0.1.</summary>
    public static void Create(string directory, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(directory, "certificate.pem"), certificate.ExportCertificatePem());
        string path = Path.Combine(directory, "key.pem");
        File.WriteAllText(path, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>The keys of a configuration that name them.</summary>
    public static string Configuration(string directory) =>
        $"tls:\n  certificate: {Path.Combine(directory, "certificate.pem")}\n  key: {Path.Combine(directory, "key.pem")}\n";
}
