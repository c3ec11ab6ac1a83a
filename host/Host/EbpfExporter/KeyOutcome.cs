namespace OppTel.Host.EbpfExporter;

/// <summary>What became of a key when it was first seen.</summary>
internal enum KeyOutcome
{
    /// <summary>It counts into a series with its labels.</summary>
    Shown,

    /// <summary>There are no slots for its labels: its counter is part of the series "other".</summary>
    Other,

    /// <summary>There are no slots for its histogram.</summary>
    NoSlots,

    /// <summary>A regexp refuses it.</summary>
    Refused,

    /// <summary>Its bucket's number is none of the configured ones, or the metric has no labels and the key is not 0.</summary>
    OutOfRange,
}
