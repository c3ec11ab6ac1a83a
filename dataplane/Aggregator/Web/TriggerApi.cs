using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Configuration;
using OppTel.Triggers;
using OppTel.Triggers.Actions;

namespace OppTel.Aggregator.Web;

/// <summary><c>GET /api/v1/triggers</c>: conditions with their state, and what they did.</summary>
internal static class TriggerApi
{
    /// <summary>Maps the path.</summary>
    public static void Map(WebApplication app, TriggerRunner triggers) =>
        app.MapGet("/api/v1/triggers", (HttpContext context) => context.Response.WriteAsJsonAsync(
            Answer(triggers), TriggerJson.Default.TriggerAnswer, contentType: null, context.RequestAborted));

    private static TriggerAnswer Answer(TriggerRunner triggers)
    {
        IReadOnlyList<TriggerEvent> events = triggers.Log.Recent();
        return new TriggerAnswer([.. triggers.Status.Select(trigger => Entry(trigger, events))], [.. events.Select(Event)]);
    }

    private static TriggerEntry Entry(TriggerStatus trigger, IReadOnlyList<TriggerEvent> events) => new(
        trigger.Name,
        Spelling.SnakeCase($"{trigger.Counts.Phase}"),
        trigger.Counts.Fired,
        events.FirstOrDefault(happened => happened.Trigger == trigger.Name)?.Time,
        trigger.Counts.Suppressed,
        [.. trigger.Actions.Select(action => new TriggerActionEntry(action.Kind, action.Done, action.Failed, action.Dropped, action.LastError))]);

    private static TriggerEventEntry Event(TriggerEvent happened) => new(
        happened.Trigger,
        happened.Time,
        happened.Firing.Host,
        happened.Firing.Metric,
        double.IsFinite(happened.Firing.Value) ? happened.Firing.Value : null,
        new Dictionary<string, string>(happened.Firing.Labels),
        happened.Dump);
}

/// <summary>The answer; reference: API.md.</summary>
internal sealed record TriggerAnswer(IReadOnlyList<TriggerEntry> Triggers, IReadOnlyList<TriggerEventEntry> Events);

/// <summary>One trigger.</summary>
internal sealed record TriggerEntry(
    string Name, string State, ulong Fired, double? LastFired, ulong Suppressed, IReadOnlyList<TriggerActionEntry> Actions);

/// <summary>One of its actions.</summary>
internal sealed record TriggerActionEntry(string Action, ulong Done, ulong Failed, ulong Dropped, string? LastError);

/// <summary>One time that a trigger fired.</summary>
internal sealed record TriggerEventEntry(
    string Trigger, double Time, string Host, string? Metric, double? Value, IReadOnlyDictionary<string, string> Labels, string? Dump);

/// <summary>JSON of the answer, without reflection.</summary>
[JsonSerializable(typeof(TriggerAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class TriggerJson : JsonSerializerContext;
