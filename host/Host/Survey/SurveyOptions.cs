using OppTel.Bpf;

namespace OppTel.Host.Survey;

/// <summary>Everything that a survey can be told.</summary>
public sealed record SurveyOptions
{
    /// <summary>The interface whose egress is counted.</summary>
    public required string Interface { get; init; }

    /// <summary>How long.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Numbers of metrics to estimate ages for, ascending.</summary>
    public required IReadOnlyList<int> Metrics { get; init; }

    /// <summary>What a carrier may take.</summary>
    public required TrailerBudget Budget { get; init; }

    /// <summary>Least time between two trailers of a CPU.</summary>
    public required TimeSpan MinGap { get; init; }

    /// <summary>Heartbeats keep metrics younger than this; zero: there are none.</summary>
    public required TimeSpan MaxAge { get; init; }

    /// <summary>How to attach.</summary>
    public required AttachMode Attach { get; init; }

    /// <summary>Folder of the BPF objects.</summary>
    public required string BpfDirectory { get; init; }
}
