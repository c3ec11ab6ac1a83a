using OppTel.Configuration;

namespace OppTel.Recorder;

/// <summary>The section <c>recorder</c> of the aggregator's configuration.</summary>
public sealed record RecorderConfiguration
{
    private const long LeastMemory = MemoryPlan.Least;

    /// <summary>Bytes for everything; 0: nothing is recorded.</summary>
    public required long Memory { get; init; }

    /// <summary>Records older than this are forgotten.</summary>
    public required TimeSpan Span { get; init; }

    /// <summary>Where dumps are kept.</summary>
    public required string DumpDirectory { get; init; }

    /// <summary>Bytes of all saved dumps together; the oldest go first when a new one is whole.</summary>
    public required long DumpLimit { get; init; }

    /// <summary>Whether anything is recorded.</summary>
    public bool IsEnabled => Memory > 0;

    /// <summary>What keeps this user from saving dumps, with the remedy; null when nothing does.</summary>
    public string? DumpProblem => IsEnabled && Dumps.DumpDirectory.WhyNot(DumpDirectory) is { } reason
        ? $"dumps cannot be saved in recorder.dump_directory {DumpDirectory}: {reason}; give it to the aggregator's user, and to its unit as StateDirectory or in ReadWritePaths"
        : null;

    /// <summary>Reads the section.</summary>
    public static RecorderConfiguration Read(ConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        RecorderConfiguration configuration = new()
        {
            Memory = section.Bytes("memory", 256L << 20, 0, 1L << 40),
            Span = section.Duration("span", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), TimeSpan.FromHours(24)),
            DumpDirectory = section.Text("dump_directory", "/var/lib/opptel/dumps"),
            DumpLimit = section.Bytes("dump_limit", 4L << 30, 1L << 20, 1L << 44),
        };
        if (configuration.Memory is > 0 and < LeastMemory)
            section.Report("memory", $"{Quantity.Format(configuration.Memory)} is too little; give it {Quantity.Format(LeastMemory)} or more, or 0B to record nothing");
        if (!Path.IsPathFullyQualified(configuration.DumpDirectory))
            section.Report("dump_directory", $"'{configuration.DumpDirectory}' is not an absolute path");
        return configuration;
    }
}
