namespace OppTel.Client;

/// <summary>What <see cref="MetricsProducer"/> listens to, and how it finds the daemon.</summary>
public sealed record ProducerOptions
{
    /// <summary>Names of the meters, or their beginnings with a star behind.</summary>
    public required IReadOnlyList<string> Meters { get; init; }

    /// <summary>The daemon's socket.</summary>
    public string Socket { get; init; } = "/run/opptel-host/producers.sock";

    /// <summary>The label "producer" of the series; a process has at most one producer of a name. Default: the application's name.</summary>
    public string Name { get; init; } = AppDomain.CurrentDomain.FriendlyName;

    /// <summary>Cells: a counter or a gauge takes one, a histogram 194. The daemon has a limit.</summary>
    public int Cells { get; init; } = 1024;

    /// <summary>From one reading of observable instruments to the next; a daemon that went away is looked for as often.</summary>
    public TimeSpan ObserveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For histograms by their instruments' names: the value that counts as 1. Values are told apart from 1024 to 2^34 of it. By
    /// default that is a nanosecond where the unit is s, ms, us or ns, 1 for bytes, and a thousandth otherwise.
    /// </summary>
    public IReadOnlyDictionary<string, double> HistogramScales { get; init; } = new Dictionary<string, double>();
}
