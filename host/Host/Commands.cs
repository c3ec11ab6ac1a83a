using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Wire;

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
        // Before anything is loaded or attached.
        MetricsServer.RequireFree(configuration.Metrics);
        using IHost host = MetricsServer.Build(configuration.Metrics, services =>
        {
            services.AddSingleton(provider => new HostDaemon(configuration, provider.GetRequiredService<ILoggerFactory>().CreateLogger("opptel-host")));
            services.AddSingleton(provider => new HostMetrics(provider.GetRequiredService<HostDaemon>()));
            services.AddSingleton<HostService>();
            services.AddHostedService(provider => provider.GetRequiredService<HostService>());
        });
        host.Services.GetRequiredService<HostDaemon>().DropPrivileges();
        HostService service = host.Services.GetRequiredService<HostService>();
        // Not Run, which would take the daemon's maps away while somebody still reads its metrics.
        MetricsServer.Start(host, configuration.Metrics);
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
}
