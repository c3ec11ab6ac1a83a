using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Aggregator.Draining;

namespace OppTel.Aggregator.Web;

/// <summary>What <c>GET /api/v1/activity</c> answers: a column for each figure, a row for each second.</summary>
/// <param name="Times">Unix seconds when each ended, oldest first.</param>
/// <param name="PacketsPerSecond">Packets from hosts.</param>
/// <param name="CarriersPerSecond">Of these, packets that carried a trailer.</param>
/// <param name="RecordsPerSecond">Records taken in.</param>
/// <param name="AgeP50Seconds">Median age of records on arrival; null where none came.</param>
/// <param name="AgeP99Seconds">The age that 99 % of them did not exceed.</param>
/// <param name="Trailers">Trailers so far.</param>
/// <param name="Heartbeats">Of these, trailers that came on heartbeat frames.</param>
/// <param name="Lost">Trailers lost for good so far.</param>
/// <param name="Missing">Trailers late or lost at that moment.</param>
internal sealed record ActivityAnswer(
    IEnumerable<double> Times, IEnumerable<double> PacketsPerSecond, IEnumerable<double> CarriersPerSecond, IEnumerable<double> RecordsPerSecond,
    IEnumerable<double?> AgeP50Seconds, IEnumerable<double?> AgeP99Seconds, IEnumerable<ulong> Trailers, IEnumerable<ulong> Heartbeats,
    IEnumerable<ulong> Lost, IEnumerable<long> Missing)
{
    /// <summary>Turns rows into columns.</summary>
    public static ActivityAnswer Of(IReadOnlyList<ActivityPoint> points) => new(
        points.Select(point => point.Time / 1e3),
        points.Select(point => point.Activity.PacketsPerSecond),
        points.Select(point => point.Activity.CarriersPerSecond),
        points.Select(point => point.Activity.RecordsPerSecond),
        points.Select(point => point.Activity.AgeP50),
        points.Select(point => point.Activity.AgeP99),
        points.Select(point => point.Trailers),
        points.Select(point => point.Heartbeats),
        points.Select(point => point.Lost),
        points.Select(point => point.Missing));
}

/// <summary>The last ten minutes by the second, for whoever looks only now.</summary>
internal static class ActivityApi
{
    /// <summary>Maps the path.</summary>
    public static void Map(WebApplication app, DrainLoop drain) =>
        app.MapGet("/api/v1/activity", context => RequestErrors.Guard(context, guarded => Answer(guarded, drain.History)));

    private static Task Answer(HttpContext context, ActivityHistory history)
    {
        RequestParameters parameters = new(context.Request.Query, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000);
        long start = parameters.Time("start", $"-{ActivityHistory.Seconds}s") / 1_000_000;
        return context.Response.WriteAsJsonAsync(
            ActivityAnswer.Of(history.Since(start)), ActivityJson.Default.ActivityAnswer, contentType: null, context.RequestAborted);
    }
}

/// <summary>JSON of the answers, without reflection.</summary>
[JsonSerializable(typeof(ActivityAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class ActivityJson : JsonSerializerContext;
