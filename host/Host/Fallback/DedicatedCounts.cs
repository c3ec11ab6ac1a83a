namespace OppTel.Host.Fallback;

/// <summary>What became of dedicated frames on one way.</summary>
/// <param name="Sent">Frames sent.</param>
/// <param name="Acknowledged">Of these, known to have arrived.</param>
/// <param name="Lost">Those that were not acknowledged in time; what they held was sent again.</param>
/// <param name="GivenUp">Those that nobody waits for any more, as the way or the epoch ended.</param>
/// <param name="Values">Values in all frames.</param>
/// <param name="Retransmitted">Of these, values of slots whose frame before was lost.</param>
public readonly record struct DedicatedCounts(ulong Sent, ulong Acknowledged, ulong Lost, ulong GivenUp, ulong Values, ulong Retransmitted);
