using System.Runtime.CompilerServices;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>The view of <c>struct recorder_state</c>, which has words only.</summary>
internal struct RecorderState
{
    public RecorderWords Words;
}

/// <summary>Its words.</summary>
[InlineArray(5)]
internal struct RecorderWords
{
    private ulong first;
}
