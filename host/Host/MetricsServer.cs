using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OppTel.Configuration;
using Prometheus;

namespace OppTel.Host;

/// <summary>Serves the daemon's own metrics at <c>/metrics</c>.</summary>
internal static class MetricsServer
{
    private const int MaxConnections = 16;

    /// <summary>Connections that never finish asking must not keep the others out for long.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>An open connection may delay the end by this much.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Fails where the port cannot be had; the server itself would tell only later.</summary>
    /// <exception cref="OperatorException">Another program has it, or this user may not.</exception>
    public static void RequireFree(IPEndPoint endpoint)
    {
        try
        {
            using Socket probe = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(endpoint);
        }
        catch (SocketException exception)
        {
            throw NotServing(endpoint, exception);
        }
    }

    /// <summary>A program with that server, and these services in it.</summary>
    public static IHost Build(IPEndPoint endpoint, Action<IServiceCollection> add)
    {
        // Empty: nothing of the current directory or of the environment changes what the configuration says.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Listen(endpoint);
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.MaxRequestBodySize = 0;
            options.Limits.RequestHeadersTimeout = RequestTimeout;
            // That holds from the first byte of a request on, this one before it.
            options.Limits.KeepAliveTimeout = RequestTimeout;
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // One line for each connection too many would be as many as somebody likes to open.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Error);
        // A failed start is reported by the exception that carries it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        add(builder.Services);
        // Last: under systemd its log format replaces the one above.
        builder.Services.AddSystemd();
        WebApplication app = builder.Build();
        CollectorRegistry registry = app.Services.GetRequiredService<HostMetrics>().Registry;
        SemaphoreSlim turn = new(1);
        app.Run(context => AnswerAsync(context, registry, turn));
        return app;
    }

    /// <summary>Starts everything.</summary>
    /// <exception cref="OperatorException">The port cannot be had.</exception>
    public static void Start(IHost host, IPEndPoint endpoint)
    {
        try
        {
            host.Start();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw NotServing(endpoint, exception);
        }
    }

    /// <summary>One after the other: what is collected is brought up to date for each of them.</summary>
    private static async Task AnswerAsync(HttpContext context, CollectorRegistry registry, SemaphoreSlim turn)
    {
        if (context.Request.Path != "/metrics")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        using MemoryStream page = new();
        await turn.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        try
        {
            await registry.CollectAndExportAsTextAsync(page, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }

        await context.Response.Body.WriteAsync(page.GetBuffer().AsMemory(0, (int)page.Length), context.RequestAborted).ConfigureAwait(false);
    }

    private static OperatorException NotServing(IPEndPoint endpoint, Exception exception) => new(
        ExitCode.Unavailable,
        $"cannot serve metrics at {endpoint}: {exception.Message}; choose another address (metrics) or stop what uses it",
        exception);
}
