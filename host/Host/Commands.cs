using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Wire;
using Prometheus;

namespace OppTel.Host;

/// <summary>What the command line can ask for.</summary>
internal static class Commands
{
    /// <summary>Program, version and commit.</summary>
    public static string Release =>
        $"opptel-host {typeof(Commands).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";

    /// <summary>Runs the daemon until SIGTERM or SIGINT.</summary>
    public static int Run(string configFile)
    {
        HostConfiguration configuration = HostConfiguration.Load(configFile);
        RequireFree(configuration.Metrics);
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSystemd();
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddSingleton(provider => new HostDaemon(configuration, provider.GetRequiredService<ILoggerFactory>().CreateLogger("opptel-host")));
        builder.Services.AddSingleton<HostService>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<HostService>());
        using IHost host = builder.Build();
        HostDaemon daemon = host.Services.GetRequiredService<HostDaemon>();
        HostMetrics metrics = new(daemon);
        using IDisposable server = Serve(configuration.Metrics, metrics.Registry);
        HostService service = host.Services.GetRequiredService<HostService>();
        daemon.DropPrivileges();
        // Not Run, which would take the daemon's maps away while somebody still reads its metrics.
        host.Start();
        host.WaitForShutdown();
        return service.Failure is null ? ExitCode.Ok : throw service.Failure;
    }

    /// <summary>Reads the configuration and says that it is right; with <paramref name="attach"/> also whether this kernel can do it.</summary>
    public static int CheckConfig(string configFile, bool attach)
    {
        HostConfiguration configuration = HostConfiguration.Load(configFile);
        ControlKey key = ControlKeyFile.Load(configuration.KeyFile);
        Console.WriteLine($"{configFile}: ok");
        return attach ? AttachCheck.Run(configuration, key, Console.Out) : ExitCode.Ok;
    }

    /// <summary>Prints the state of the running daemon.</summary>
    public static async Task<int> StatusAsync(string configFile, bool json)
    {
        HostConfiguration configuration = HostConfiguration.Load(configFile);
        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            string text = await client.GetStringAsync(new Uri($"http://{configuration.Metrics}/metrics")).ConfigureAwait(false);
            SortedDictionary<string, double> samples = HostStatus.Parse(text);
            if (json)
                HostStatus.PrintJson(Console.Out, samples);
            else
                HostStatus.Print(Console.Out, samples);
            return ExitCode.Ok;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            throw new OperatorException(
                ExitCode.Unavailable, $"no daemon answers at {configuration.Metrics} (metrics): {exception.Message}", exception);
        }
    }

    /// <summary>Prints version and commit.</summary>
    public static int Version()
    {
        Console.WriteLine(Release);
        return ExitCode.Ok;
    }

    /// <summary>Fails before anything is loaded or attached; the HTTP listener would tell less, and later.</summary>
    private static void RequireFree(IPEndPoint endpoint)
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

    private static IDisposable Serve(IPEndPoint endpoint, CollectorRegistry registry)
    {
        try
        {
            string address = endpoint.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{endpoint.Address}]" : endpoint.Address.ToString();
            return new MetricServer(endpoint.Address.Equals(IPAddress.Any) ? "+" : address, endpoint.Port, registry: registry).Start();
        }
        catch (HttpListenerException exception)
        {
            throw NotServing(endpoint, exception);
        }
    }

    private static OperatorException NotServing(IPEndPoint endpoint, Exception exception) => new(
        ExitCode.Unavailable,
        $"cannot serve metrics at {endpoint}: {exception.Message}; choose another address (metrics) or stop what uses it",
        exception);
}
