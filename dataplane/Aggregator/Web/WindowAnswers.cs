using System.Text.Json.Serialization;

namespace OppTel.Aggregator.Web;

/// <summary>What <c>GET /api/v1/distributions</c> answers.</summary>
/// <param name="Window">Seconds of each window; null for all since the start.</param>
/// <param name="Truncated">Whether there were more series.</param>
/// <param name="Series">By name and labels; read while the answer is written.</param>
internal sealed record DistributionAnswer(double? Window, bool Truncated, IEnumerable<DistributionSeries> Series);

/// <summary>The windows of one series, newest first; they are read while the answer is written.</summary>
internal sealed record DistributionSeries(
    string Name, IReadOnlyDictionary<string, string> Labels, IEnumerable<DistributionWindowAnswer> Windows);

/// <summary>One window.</summary>
internal sealed record DistributionWindowAnswer(
    double End, ulong Count, double? Sum, double Min, double Max, int Scale, ulong ZeroCount, BucketAnswer Positive, BucketAnswer Negative);

/// <summary>Consecutive buckets.</summary>
internal sealed record BucketAnswer(int Offset, IReadOnlyList<ulong> Counts);

/// <summary>What <c>GET /api/v1/windows</c> answers.</summary>
/// <param name="Window">Seconds of the window.</param>
/// <param name="End">When it ended.</param>
/// <param name="Truncated">Whether there were more series.</param>
/// <param name="Series">By name and labels.</param>
internal sealed record WindowAnswer(double Window, double End, bool Truncated, IReadOnlyList<WindowSeries> Series);

/// <summary>What one series did within the window; numbers that JSON cannot spell are null.</summary>
internal sealed record WindowSeries(
    string Name, string Kind, string State, IReadOnlyDictionary<string, string> Labels, ulong Records,
    double? Min, double? Max, double? Mean, double? Last, double? Rate);

/// <summary>JSON of the answers, without reflection, and piece by piece: the whole would be large.</summary>
[JsonSerializable(typeof(DistributionAnswer))]
[JsonSerializable(typeof(WindowAnswer))]
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class WindowJson : JsonSerializerContext;
