namespace OppTel.Exports.Push;

/// <summary>What became of a request.</summary>
internal enum SendOutcome
{
    /// <summary>The receiver has it, or what it wanted of it.</summary>
    Sent = 0,

    /// <summary>Not now; the same request may be taken later.</summary>
    Later = 1,

    /// <summary>The receiver will never take it.</summary>
    Refused = 2,
}

/// <summary>An answer to a request.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Lost">Points that the receiver did not take, when it took others.</param>
/// <param name="Message">What it says about that.</param>
/// <param name="RetryAfter">When it wants to be asked again.</param>
internal readonly record struct SendResult(SendOutcome Outcome, int Lost = 0, string? Message = null, TimeSpan? RetryAfter = null);

/// <summary>Brings points to one receiver in its format.</summary>
internal interface ISender : IDisposable
{
    /// <summary>Sends a request. What goes wrong on the way is an answer, and no exception.</summary>
    Task<SendResult> Send(IReadOnlyList<MetricPoint> points, CancellationToken cancellation);
}
