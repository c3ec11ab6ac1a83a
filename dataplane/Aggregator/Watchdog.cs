using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Systemd;

namespace OppTel.Aggregator;

/// <summary>Feeds systemd's watchdog while the drain thread moves; a unit without WatchdogSec needs none.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");
    private readonly Timer? timer;

    /// <summary>Starts feeding if systemd asked for it.</summary>
    /// <param name="services">Where the notifier is, when systemd started this program.</param>
    /// <param name="isAlive">Whether the work goes on.</param>
    public Watchdog(IServiceProvider services, Func<bool> isAlive)
    {
        if (services.GetService<ISystemdNotifier>() is not { IsEnabled: true } notifier
            || !ulong.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), out ulong limit) || limit == 0)
            return;
        // systemd's manual asks for every half of the limit; a third forgives a late timer.
        TimeSpan interval = TimeSpan.FromMicroseconds(limit / 3.0);
        timer = new Timer(
            _ =>
            {
                if (isAlive())
                    notifier.Notify(Alive);
            },
            null,
            interval,
            interval);
    }

    public void Dispose() => timer?.Dispose();
}
