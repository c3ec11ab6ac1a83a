namespace OppTel.Bpf;

/// <summary>Shape of a histogram in slots. Source: <c>enum opptel_histogram_layout</c>.</summary>
internal enum HistogramLayout
{
    /// <summary>Values of fewer bits share the first slot.</summary>
    LeastBits = 10,

    /// <summary>Values of more bits share the last slot.</summary>
    MostBits = 34,

    /// <summary>Each power of two has this many bits' worth of slots.</summary>
    StepBits = 3,

    /// <summary>Number of slots.</summary>
    Slots = 194,
}
