using OppTel.Configuration;

namespace OppTel.Exports.Push;

/// <summary>What all targets have in common.</summary>
internal sealed record PushSettings
{
    /// <summary>Time from one collection to the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>How long the receiver may take to answer.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Middle of the first wait after a failure.</summary>
    public required TimeSpan FirstRetry { get; init; }

    /// <summary>Points in a request.</summary>
    public required int MaxPoints { get; init; }

    /// <summary>Points that wait while the receiver is slow or gone.</summary>
    public required int MaxQueue { get; init; }

    /// <summary>Bytes that they may take meanwhile, about.</summary>
    public required long MaxQueueBytes { get; init; }

    /// <summary>Reads the keys.</summary>
    public static PushSettings Read(ConfigurationSection section) => new()
    {
        Interval = section.Duration("interval", TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        Timeout = section.Duration("timeout", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
        FirstRetry = section.Duration("retry", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)),
        MaxPoints = section.Integer("max_points", 5000, 1, 100_000),
        MaxQueue = section.Integer("max_queue", 200_000, 1, 10_000_000),
        MaxQueueBytes = section.Bytes("max_queue_bytes", 64 << 20, 1 << 20, 64L << 30),
    };
}
