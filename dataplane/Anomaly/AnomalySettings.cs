namespace OppTel.Anomaly;

/// <summary>How unusual behaviour is looked for.</summary>
public sealed record AnomalySettings
{
    /// <summary>Time between two looks at the series.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromMilliseconds(4);

    /// <summary>The share of a model's steps that its threshold is not exceeded in.</summary>
    public double Quantile { get; init; } = 0.999;

    /// <summary>How long a model, or a metric that joins one, learns before it can alarm.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time after which what a model has learned counts e times less.</summary>
    public TimeSpan Memory { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How many times the score of two steps or more has to be what it was in a ten-thousandth of the last minutes (a tenth of what
    /// <see cref="Quantile"/> leaves) to be an anomaly; a step alone, 1.8 times as often.
    /// </summary>
    public double Margin { get; init; } = 1.4;

    /// <summary>An anomaly has ended when the score has been below the threshold for this long.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An anomaly that lasts this long is the new normal: the model begins to learn anew.</summary>
    public TimeSpan AcceptAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Models of hosts and cgroups together.</summary>
    public int MaxModels { get; init; } = 256;

    /// <summary>Metrics of the model of a host, of which the first <see cref="AnomalyModel.MaxFeatures"/> that show up count.</summary>
    public IReadOnlyList<MetricRule> HostMetrics { get; init; } = DefaultMetrics.OfHost;

    /// <summary>Metrics of the model of a cgroup: series with the label <c>cgroup</c>.</summary>
    public IReadOnlyList<MetricRule> CgroupMetrics { get; init; } = DefaultMetrics.OfCgroup;

    /// <summary>Steps that a duration takes; 1 at least.</summary>
    internal int StepsOf(TimeSpan duration) => (int)Math.Clamp(duration / Step, 1, int.MaxValue);
}
