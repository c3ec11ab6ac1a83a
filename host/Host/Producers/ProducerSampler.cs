using OppTel.Host.Samplers;

namespace OppTel.Host.Producers;

/// <summary>Metrics of programs, which they bring themselves.</summary>
internal static class ProducerSampler
{
    /// <summary>Its name; it is configured under the key of that name.</summary>
    public const string Name = "producers";

    /// <summary>The sampler for a socket.</summary>
    public static Sampler Define(ProducerSettings settings) => new(Name, [], [], []) { OpenReader = _ => new ProducersReader(settings) };
}
