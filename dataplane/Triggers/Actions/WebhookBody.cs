using System.Text.Json.Serialization;

namespace OppTel.Triggers.Actions;

/// <summary>What a webhook gets.</summary>
/// <param name="Trigger">The trigger's name.</param>
/// <param name="Time">Unix seconds.</param>
/// <param name="Host">The host.</param>
/// <param name="Metric">The metric; null for an anomaly.</param>
/// <param name="Value">Value, rate or score; null when JSON cannot spell it.</param>
/// <param name="Labels">Of the series besides the host.</param>
internal sealed record WebhookBody(
    string Trigger, double Time, string Host, string? Metric, double? Value, IReadOnlyDictionary<string, string> Labels)
{
    public static WebhookBody Of(TriggerEvent happened) => new(
        happened.Trigger,
        happened.Time,
        happened.Firing.Host,
        happened.Firing.Metric,
        double.IsFinite(happened.Firing.Value) ? happened.Firing.Value : null,
        new Dictionary<string, string>(happened.Firing.Labels));
}

/// <summary>JSON of webhooks, without reflection.</summary>
[JsonSerializable(typeof(WebhookBody))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class WebhookJson : JsonSerializerContext;
