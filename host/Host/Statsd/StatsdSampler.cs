using OppTel.Host.Samplers;

namespace OppTel.Host.Statsd;

/// <summary>Metrics of scripts, whose names they bring themselves.</summary>
internal static class StatsdSampler
{
    /// <summary>Its name; it is configured under the key of that name.</summary>
    public const string Name = "statsd";

    /// <summary>The sampler for a socket.</summary>
    public static Sampler Define(StatsdSettings settings) => new(Name, [], [], []) { OpenReader = _ => new StatsdReader(settings) };
}
