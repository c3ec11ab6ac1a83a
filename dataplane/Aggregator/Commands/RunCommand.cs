using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Draining;
using OppTel.Aggregator.Exposition;
using OppTel.Aggregator.Web;
using OppTel.Configuration;
using OppTel.Exports;
using OppTel.Telemetry;
using OppTel.Triggers;
using OppTel.Wire;

namespace OppTel.Aggregator.Commands;

/// <summary><c>opptel-aggregator run</c>: drains and serves until SIGTERM or SIGINT.</summary>
internal sealed class RunCommand
{
    /// <summary>An open connection may delay the end by this much.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromMilliseconds(500);

    private const int MaxConnections = 64;

    /// <summary>Connections that never finish asking must not keep the others out for long.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> file = OperatorProgram.ConfigurationFile(AggregatorConfiguration.DefaultPath);
        Command command = new("run", "Drain the dataplane's segment and serve the series over HTTP.") { file };
        command.SetAction((result, cancellation) =>
        {
            AggregatorConfiguration configuration = AggregatorConfiguration.Load(result.GetRequiredValue(file));
            return Execute(configuration, ControlKeyFile.Load(configuration.KeyFile));
        });
        return command;
    }

    private static async Task<int> Execute(AggregatorConfiguration configuration, ControlKey key)
    {
        Attachment.CheckAccess(configuration.SegmentPath);
        ExceptionDispatchInfo? failure = null;
        HashSet<string> reserved = [.. Families.Reserved];
        ulong retention = (ulong)configuration.Retention.Ticks * 100;
        using RecorderSetup recorder = new(configuration.Recorder);
        using SeriesSetup series = new(configuration, reserved, recorder.Sinks);
        Receiver receiver = new(series.Table, new CatalogLimits(), key);

        Access access = new(configuration.Access);
        WebApplication app = Build(configuration, access);
        await using (app.ConfigureAwait(false))
        {
            void Fail(Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
                app.Lifetime.StopApplication();
            }

            using DrainLoop drain = new(configuration.SegmentPath, receiver, app.Services.GetRequiredService<ILogger<DrainLoop>>(), Fail);
            using AnomalyService anomalies = new(configuration.Anomalies, receiver.Series, Fail);
            await using TriggerRunner triggers = TriggerSetup.Create(
                configuration.Triggers, receiver, drain.Boosts, anomalies, app.Services.GetRequiredService<ILogger<TriggerRunner>>(), Fail);
            PageComposer composer = new(
                drain, receiver, retention,
                [
                    writer => RecorderSection.Write(writer, recorder.History),
                    writer => EntitySection.Write(writer, series.Tally.Counts),
                    writer => AnomalySection.Write(writer, anomalies),
                    writer => TriggerSection.Write(writer, triggers),
                ]);
            PushExports exports = ExportsSetup.Create(configuration.Exports, composer, receiver, app.Services.GetRequiredService<ILogger<PushExports>>());
            await using ConfiguredAsyncDisposable exportsUse = exports.ConfigureAwait(false);
            using MetricsPage page = new(composer);
            access.Guard(app);
            WebServer.Map(app, drain, receiver, page);
            recorder.Map(app);
            WindowApi.Map(app, series.Table, series.Distributions, retention);
            AnomalyApi.Map(app, anomalies);
            TriggerApi.Map(app, triggers);
            await Listen(app, configuration).ConfigureAwait(false);
            access.Warn(app.Services.GetRequiredService<ILogger<Access>>(), configuration.Listen);
            recorder.Start(app);
            series.Start(app, Fail);
            drain.Start();
            exports.Start();
            anomalies.Start();
            triggers.Start();
            using Watchdog watchdog = new(app.Services, () => drain.IsAlive);
            await app.WaitForShutdownAsync().ConfigureAwait(false);
        }

        failure?.Throw();
        return ExitCode.Ok;
    }

    private static WebApplication Build(AggregatorConfiguration configuration, Access access)
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

    private static async Task Listen(WebApplication app, AggregatorConfiguration configuration)
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
