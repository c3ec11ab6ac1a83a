using Microsoft.Extensions.Hosting;

namespace OppTel.Host;

/// <summary>Runs the daemon's loop on a thread of its own until the host stops; a failure there ends the program.</summary>
/// <param name="daemon">The daemon.</param>
/// <param name="lifetime">Told of a failure.</param>
internal sealed class HostService(HostDaemon daemon, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private Thread? thread;

    /// <summary>What ended the loop, if it was not the host.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        thread = new Thread(Loop) { Name = "daemon" };
        thread.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        stop.Cancel();
        thread?.Join();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => stop.Dispose();

    private void Loop()
    {
        try
        {
            daemon.Run(stop.Token);
        }
#pragma warning disable CA1031 // Kept for Main, which reports it and chooses the exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure = exception;
            lifetime.StopApplication();
        }
    }
}
