using Microsoft.Extensions.Logging;
using OppTel.Configuration;

namespace OppTel.Aggregator;

/// <summary>Looks at the key files once a second, away from the thread that drains.</summary>
internal sealed class KeyWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ILogger logger;
    private readonly Timer timer;

    /// <summary>Begins to look.</summary>
    public KeyWatch(KeyBook keys, ILogger<KeyWatch> logger)
    {
        this.logger = logger;
        keys.ListenForHangup();
        foreach (KeyFile file in keys.Files)
            logger.LogInformation("{Path}: {Keys}", file.Path, KeyFile.Describe(file.Key));
        timer = new Timer(_ => keys.Look(Tell), null, Interval, Interval);
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private void Tell(string message, bool isBad) => logger.Log(isBad ? LogLevel.Warning : LogLevel.Information, "{Message}", message);
}
