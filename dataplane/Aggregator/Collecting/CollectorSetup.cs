using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Aggregator.Collecting;

/// <summary>Makes what collecting needs, or does without.</summary>
internal static class CollectorSetup
{
    /// <summary>A receiver that takes datagrams if there is a collector.</summary>
    public static Receiver Receiver(CollectorConfiguration? configuration, SeriesTable series, ControlKey key) => new(series, new CatalogLimits(), key)
    {
        MaxSenders = configuration?.MaxHosts ?? 0,
        SenderTimeout = (ulong)(configuration?.Expire ?? TimeSpan.FromMinutes(1)).Ticks * 100,
    };

    /// <summary>The bound socket; null without a collector.</summary>
    /// <exception cref="Configuration.OperatorException">It cannot be bound.</exception>
    public static CollectorListener? Listen(CollectorConfiguration? configuration, ControlKey key, ILogger logger, Action<Exception> failed) =>
        configuration is null ? null : new CollectorListener(configuration.Listen, key, NewInstance(), logger, failed);

    /// <summary>The low half of 0 means nobody.</summary>
    private static ulong NewInstance() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
}
