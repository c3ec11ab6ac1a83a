using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OppTel.Aggregator.Draining;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;
using OppTel.Telemetry.Entities;

namespace OppTel.Aggregator;

/// <summary>The series of a running aggregator with all that is made of them, and the thread that makes it.</summary>
internal sealed class SeriesSetup : IDisposable
{
    private FoldLoop? loop;

    /// <summary>Empty ones.</summary>
    /// <param name="configuration">Their bounds.</param>
    /// <param name="reserved">Names that hosts may not use.</param>
    /// <param name="sinks">Who is told of every series and every record.</param>
    public SeriesSetup(AggregatorConfiguration configuration, IReadOnlySet<string> reserved, IReadOnlyList<IRecordSink> sinks)
    {
        Distributions = new DistributionSet(configuration.Series.Distributions);
        Table = new SeriesTable(configuration.MaxSeries, (ulong)configuration.Retention.Ticks * 100, reserved, configuration.Series.MaxPerMetric)
        {
            Sinks = sinks,
            Distributions = Distributions,
        };
        Tally = new EntityTally(Table);
    }

    /// <summary>The series.</summary>
    public SeriesTable Table { get; }

    /// <summary>What some of them were worth.</summary>
    public DistributionSet Distributions { get; }

    /// <summary>Heavy hitters, and numbers of entities.</summary>
    public EntityTally Tally { get; }

    /// <summary>Starts the thread.</summary>
    /// <param name="app">Has the loggers.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    public void Start(WebApplication app, Action<Exception> failed)
    {
        loop = new FoldLoop(Distributions, Tally, app.Services.GetRequiredService<ILogger<FoldLoop>>(), failed);
        loop.Start();
    }

    public void Dispose() => loop?.Dispose();
}
