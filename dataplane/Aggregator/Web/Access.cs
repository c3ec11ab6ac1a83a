using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>Keeps the web server from those whom it does not concern.</summary>
internal sealed class Access
{
    /// <summary>Connections that never finish greeting must not keep the others out for long.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    private readonly Renewed<SslStreamCertificateContext>? tls;
    private readonly BasicAuthentication? user;
    private readonly HostNames? names;

    /// <summary>Reads the files that a configuration names.</summary>
    /// <exception cref="OperatorException">One of them is not what it should be.</exception>
    public Access(AccessConfiguration configuration)
    {
        if (configuration.Tls is { } files)
            tls = new Renewed<SslStreamCertificateContext>([files.Certificate, files.Key], () => TlsCertificate.Load(files));
        else
            names = new HostNames(configuration.Hosts);
        if (configuration.BasicAuth is { } basic)
            user = new BasicAuthentication(basic);
    }

    /// <summary>Listens, with TLS where it is configured.</summary>
    public void Listen(KestrelServerOptions options, IPEndPoint endpoint) => options.Listen(endpoint, listen =>
    {
        if (tls is null)
            return;
        ILogger logger = options.ApplicationServices.GetRequiredService<ILogger<Access>>();
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = tls.Current(logger),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            }),
        });
    });

    /// <summary>Puts the guard before everything that is mapped.</summary>
    public void Guard(WebApplication app)
    {
        names?.Guard(app);
        user?.Guard(app);
        CrossSite.Guard(app);
    }

    /// <summary>Says what is not guarded though others can reach it.</summary>
    public void Warn(ILogger logger, IPEndPoint endpoint)
    {
        if (IPAddress.IsLoopback(endpoint.Address))
            return;
        if (user is null)
            logger.LogWarning("{Endpoint} can be reached from elsewhere and asks nobody who they are; configure basic_auth and tls, or listen on loopback", endpoint);
        else if (tls is null)
            logger.LogWarning("{Endpoint} can be reached from elsewhere, and passwords go there in clear text; configure tls", endpoint);
    }
}
