using System.CommandLine;

namespace OppTel.Aggregator;

/// <summary>The option that names the configuration file.</summary>
internal static class ConfigurationOption
{
    /// <summary>A new instance for one command.</summary>
    public static Option<string> Create() => new("--config")
    {
        Description = "Configuration file.",
        HelpName = "FILE",
        DefaultValueFactory = _ => AggregatorConfiguration.DefaultPath,
    };
}
