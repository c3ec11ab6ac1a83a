namespace OppTel.Exports.Push;

/// <summary>A series by its name and labels: equal for equal ones in the same order.</summary>
internal readonly struct SeriesKey : IEquatable<SeriesKey>
{
    private readonly string name;
    private readonly (string Name, string Value)[] labels;
    private readonly int hash;

    /// <summary>The series of a point.</summary>
    public SeriesKey(MetricPoint point)
    {
        name = point.Family.Name;
        labels = point.Labels;
        HashCode code = default;
        code.Add(name);
        foreach ((string Name, string Value) label in labels)
            code.Add(label);
        hash = code.ToHashCode();
    }

    /// <inheritdoc/>
    public bool Equals(SeriesKey other) => hash == other.hash && name == other.name && labels.AsSpan().SequenceEqual(other.labels);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SeriesKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;
}
