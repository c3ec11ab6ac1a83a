using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace OppTel.Exports.Tests;

/// <summary>A request that a receiver got.</summary>
internal sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, DateTime Time);

/// <summary>A real web server that answers as a test wants.</summary>
internal sealed class TestReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Exception> faults = [];

    private TestReceiver(WebApplication app) => this.app = app;

    /// <summary>What came, in order.</summary>
    public ConcurrentQueue<Received> Requests { get; } = [];

    public Uri Url { get; private set; } = new("http://localhost");

    /// <summary>Starts a server.</summary>
    /// <param name="answer">Writes an answer to each request.</param>
    /// <param name="protocols">HTTP versions.</param>
    /// <param name="certificate">For TLS; null for none.</param>
    /// <param name="port">0 for a free one.</param>
    public static async Task<TestReceiver> Start(
        Func<HttpContext, Received, int, Task> answer, HttpProtocols protocols = HttpProtocols.Http1, X509Certificate2? certificate = null, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = protocols;
            if (certificate is not null)
                listen.UseHttps(certificate);
        }));
        TestReceiver receiver = new(builder.Build());
        receiver.app.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            Received received = new(
                context.Request.Path, context.Request.Headers.ToDictionary(header => header.Key, header => $"{header.Value}", StringComparer.OrdinalIgnoreCase), body.ToArray(), DateTime.UtcNow);
            int number;
            lock (receiver.Requests)
            {
                number = receiver.Requests.Count;
                receiver.Requests.Enqueue(received);
            }

            try
            {
                await answer(context, received, number);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // To the sender this is a server that fails; to the test it is a request that is not as it should be.
                receiver.faults.Enqueue(exception);
                throw;
            }
        });
        await receiver.app.StartAsync();
        string address = receiver.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        receiver.Url = new Uri(address);
        return receiver;
    }

    /// <summary>A certificate for 127.0.0.1 that signs itself, and its text in PEM.</summary>
    public static (X509Certificate2 Certificate, string Pem) CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=receiver", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        // Servers want the key from a store or a file.
        return (X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null), made.ExportCertificatePem());
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(200));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        Assert.Empty(faults);
    }
}
