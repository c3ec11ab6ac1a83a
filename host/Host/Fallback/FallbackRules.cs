namespace OppTel.Host.Fallback;

/// <summary>When the mode changes; times in nanoseconds.</summary>
/// <param name="Loss">Share of trailers, 0 to 1, from which on too many are lost.</param>
/// <param name="RecoverLoss">Share up to which few enough are; below <paramref name="Loss"/>.</param>
/// <param name="NoCarriers">Silence of the stamped packets that counts as their absence.</param>
/// <param name="For">How long something is wrong before it has consequences.</param>
/// <param name="Recover">How long all is well again before they end.</param>
/// <param name="CollectorAfter">How long the dataplane is gone before the collector takes its place.</param>
/// <param name="HasCollector">Whether there is one.</param>
public sealed record FallbackRules(
    double Loss, double RecoverLoss, long NoCarriers, long For, long Recover, long CollectorAfter, bool HasCollector);
