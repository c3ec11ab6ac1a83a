using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Anomaly;
using OppTel.Segment;

namespace OppTel.Aggregator.Web;

/// <summary><c>GET /api/v1/anomalies</c>.</summary>
internal static class AnomalyApi
{
    /// <summary>Maps the path.</summary>
    public static void Map(WebApplication app, AnomalyService anomalies) =>
        app.MapGet("/api/v1/anomalies", context => RequestErrors.Guard(context, guarded => Answer(guarded, anomalies.Engine)));

    private static Task Answer(HttpContext context, AnomalyEngine engine)
    {
        long unix = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100, difference = unix - (long)Boottime.Now;
        long start = new RequestParameters(context.Request.Query, unix).Time("start", "-1h");
        AnomalyAnswer answer = Compose(engine, boottime => ((long)boottime + difference) / 1e9, start / 1e9);
        return context.Response.WriteAsJsonAsync(answer, AnomalyJson.Default.AnomalyAnswer, contentType: null, context.RequestAborted);
    }

    /// <summary>All models, and the anomalies that had not ended at a time.</summary>
    private static AnomalyAnswer Compose(AnomalyEngine engine, Func<ulong, double> unixOf, double from) => new(
        [.. engine.Models.Select(model => new ModelAnswer(
            model.Host, model.Cgroup, model.Metrics, model.Learned, model.IsWarm, Finite(model.Score), Finite(model.Threshold), model.Alarms))],
        [.. engine.Log.Recent().Where(anomaly => anomaly.End is not { } end || unixOf(end) >= from).Select(anomaly => new AnomalyEntry(
            anomaly.Id, anomaly.Host, anomaly.Cgroup, unixOf(anomaly.Start), unixOf(anomaly.Detected),
            anomaly.End is { } ended ? unixOf(ended) : null, Finite(anomaly.Score), Finite(anomaly.Threshold),
            [.. anomaly.Contributors.Select(part => new ContributorAnswer(
                part.Name, new Dictionary<string, string>(part.Labels), part.Share, Finite(part.Value), Finite(part.Expected)))]))]);

    /// <summary>JSON has no infinities, which sums of what hosts send can be.</summary>
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>The answer.</summary>
internal sealed record AnomalyAnswer(IReadOnlyList<ModelAnswer> Models, IReadOnlyList<AnomalyEntry> Anomalies);

/// <summary>One model.</summary>
internal sealed record ModelAnswer(
    string Host, string? Cgroup, int Metrics, long Learned, bool Warm, double? Score, double? Threshold, long Alarms);

/// <summary>One anomaly.</summary>
internal sealed record AnomalyEntry(
    long Id, string Host, string? Cgroup, double Start, double Detected, double? End, double? Score, double? Threshold,
    IReadOnlyList<ContributorAnswer> Contributors);

/// <summary>One metric of it.</summary>
internal sealed record ContributorAnswer(string Name, IReadOnlyDictionary<string, string> Labels, double Share, double? Value, double? Expected);

/// <summary>JSON of the answers, without reflection.</summary>
[JsonSerializable(typeof(AnomalyAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class AnomalyJson : JsonSerializerContext;
