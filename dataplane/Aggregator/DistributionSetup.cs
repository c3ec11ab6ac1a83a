using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Draining;
using OppTel.Telemetry.Distributions;

namespace OppTel.Aggregator;

/// <summary>The distributions of a running aggregator, with the thread that sorts into them.</summary>
/// <param name="options">What to keep.</param>
internal sealed class DistributionSetup(DistributionOptions options) : IDisposable
{
    private FoldLoop? loop;

    /// <summary>The distributions.</summary>
    public DistributionSet Set { get; } = new(options);

    /// <summary>Starts the thread.</summary>
    /// <param name="app">Has the loggers.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    public void Start(WebApplication app, Action<Exception> failed)
    {
        loop = new FoldLoop(Set, app.Services.GetRequiredService<ILogger<FoldLoop>>(), failed);
        loop.Start();
    }

    public void Dispose() => loop?.Dispose();
}
