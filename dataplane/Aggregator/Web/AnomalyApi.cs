using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Anomaly;
using OppTel.Configuration;
using OppTel.Segment;

namespace OppTel.Aggregator.Web;

/// <summary><c>GET /api/v1/anomalies</c>.</summary>
internal static class AnomalyApi
{
    /// <summary>Maps the path.</summary>
    public static void Map(WebApplication app, AnomalyService anomalies) => app.MapGet("/api/v1/anomalies", (HttpContext context) =>
    {
        ulong now = Boottime.Now;
        double unix = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        string? start = context.Request.Query["start"];
        if (!TryParseTime(start ?? "-1h", unix, out double from))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return context.Response.WriteAsJsonAsync(
                new AnomalyError($"start: '{start}' is no time; write Unix seconds, RFC 3339 or one relative to now, such as -5m"),
                AnomalyJson.Default.AnomalyError, contentType: null, context.RequestAborted);
        }

        AnomalyAnswer answer = Compose(anomalies.Engine, boottime => unix - ((now - (double)boottime) / 1e9), from);
        return context.Response.WriteAsJsonAsync(answer, AnomalyJson.Default.AnomalyAnswer, contentType: null, context.RequestAborted);
    });

    /// <summary>All models, and the anomalies that had not ended at a time.</summary>
    private static AnomalyAnswer Compose(AnomalyEngine engine, Func<ulong, double> unixOf, double from) => new(
        [.. engine.Models.Select(model => new ModelAnswer(
            model.Host, model.Cgroup, model.Metrics, model.Learned, model.IsWarm, Finite(model.Score), Finite(model.Threshold), model.Alarms))],
        [.. engine.Log.Recent().Where(anomaly => anomaly.End is not { } end || unixOf(end) >= from).Select(anomaly => new AnomalyEntry(
            anomaly.Id, anomaly.Host, anomaly.Cgroup, unixOf(anomaly.Start), unixOf(anomaly.Detected),
            anomaly.End is { } ended ? unixOf(ended) : null, Finite(anomaly.Score), Finite(anomaly.Threshold),
            [.. anomaly.Contributors.Select(part => new ContributorAnswer(
                part.Name, new Dictionary<string, string>(part.Labels), part.Share, Finite(part.Value), Finite(part.Expected)))]))]);

    /// <summary>Unix seconds, RFC 3339, or relative to now.</summary>
    private static bool TryParseTime(string text, double now, out double time)
    {
        time = now;
        if (text == "now" || double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out time))
            return true;
        bool isDuration = Quantity.TryParseDuration(text.TrimStart('-'), out TimeSpan before);
        bool isDate = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date);
        time = isDuration ? now - before.TotalSeconds : (date - DateTimeOffset.UnixEpoch).TotalSeconds;
        return isDate || (isDuration && text.StartsWith('-'));
    }

    /// <summary>JSON has no infinities, which sums of what hosts send can be.</summary>
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>A request that cannot be answered.</summary>
internal sealed record AnomalyError(string Error);

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
[JsonSerializable(typeof(AnomalyError))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class AnomalyJson : JsonSerializerContext;
