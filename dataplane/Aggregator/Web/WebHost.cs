using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Commands;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>The web server itself: limits, logging, and where it listens.</summary>
internal static class WebHost
{
    /// <summary>An open connection may delay the end by this much.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromMilliseconds(500);

    private const int MaxConnections = 64;

    /// <summary>Connections that never finish asking must not keep the others out for long.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The server, not yet listening.</summary>
    public static WebApplication Build(AggregatorConfiguration configuration, Access access)
    {
        // Empty: no settings file of the current directory and no environment variable changes what the configuration says.
        // Nor has the current directory to be one that this user may open.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            access.Listen(options, configuration.Listen);
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.MaxRequestBodySize = 0;
            options.Limits.RequestHeadersTimeout = RequestTimeout;
        });
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Logging.SetMinimumLevel(configuration.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // One line for each connection too many would be as many as somebody likes to open.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Error);
        // A failed start is reported by the exception that carries it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        // Standard output is data, and there is none.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        // Last: under systemd its log format replaces the one above.
        builder.Services.AddSystemd();
        return builder.Build();
    }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="OperatorException">It cannot; says why and what helps.</exception>
    public static async Task Listen(WebApplication app, AggregatorConfiguration configuration)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw NotListening(configuration, exception);
        }

        app.Services.GetRequiredService<ILogger<RunCommand>>().LogInformation(
            "serving {Scheme}://{Listen}/metrics", configuration.Access.Scheme, configuration.Listen);
    }

    private static OperatorException NotListening(AggregatorConfiguration configuration, Exception exception)
    {
        (int code, string advice) = exception switch
        {
            { InnerException: AddressInUseException } => (ExitCode.Unavailable, "another program listens there; stop it, or change listen"),
            SocketException { SocketErrorCode: SocketError.AccessDenied } =>
                (ExitCode.NoPermission, "this user may not; use a port above 1023"),
            _ => (ExitCode.Unavailable, exception.Message),
        };
        return new OperatorException(code, $"cannot listen on {configuration.Listen}: {advice}", exception);
    }
}
