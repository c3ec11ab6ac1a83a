using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OppTel.Configuration;
using OppTel.Recorder;
using OppTel.Recorder.Queries;
using OppTel.Telemetry;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Web;

/// <summary>One series of an answer with values over time.</summary>
/// <param name="Series">The series; null for a group of several.</param>
/// <param name="Labels">Labels that name it.</param>
/// <param name="Values">The values.</param>
/// <param name="HasTotal">Whether the increase over all steps belongs to the answer.</param>
/// <param name="Family">Of a group.</param>
internal sealed record RangeEntry(
    RecordedSeries? Series, IReadOnlyList<KeyValuePair<string, string>> Labels, RangeValues Values, bool HasTotal, MetricFamily? Family = null);

/// <summary>JSON of the recorder's answers, written as it goes: they may have millions of numbers.</summary>
internal static class AnswerWriter
{
    public const string ContentType = "application/json; charset=utf-8";

    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Numbers between two looks at whether the client keeps up.</summary>
    private const int FlushBytes = 64 << 10;

    private static readonly string[] TransportNames = [.. Enum.GetValues<Transport>().Select(transport => Spelling.SnakeCase($"{transport}"))];

    public static async Task Series(
        HttpContext context, IReadOnlyList<RecordedSeries> series, Dictionary<uint, (long Records, long First, long Last)> uncounted,
        long? oldest, bool truncated, long difference)
    {
        context.Response.ContentType = ContentType;
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter, Options);
        long first = Math.Min(oldest ?? long.MaxValue, uncounted.Values.Select(entry => entry.First).DefaultIfEmpty(long.MaxValue).Min());
        long last = Math.Max(series.Select(entry => entry.Last).DefaultIfEmpty(long.MinValue).Max(), uncounted.Values.Select(entry => entry.Last).DefaultIfEmpty(long.MinValue).Max());
        writer.WriteStartObject();
        writer.WriteBoolean("truncated", truncated);
        WriteTime(writer, "oldest", first, difference);
        WriteTime(writer, "newest", last, difference);
        writer.WriteStartArray("series");
        foreach (RecordedSeries entry in series)
        {
            (long records, long from, long to) = uncounted.GetValueOrDefault(entry.Id, (0, long.MaxValue, long.MinValue));
            writer.WriteStartObject();
            WriteIdentity(writer, entry, entry.Labels);
            WriteTime(writer, "first", Math.Max(first, Math.Min(entry.First, from)), difference);
            WriteTime(writer, "last", Math.Max(entry.Last, to), difference);
            writer.WriteNumber("records", entry.Records + records);
            writer.WriteBoolean("alive", entry.IsAlive);
            writer.WriteString("transport", TransportNames[(int)entry.Transport]);
            writer.WriteEndObject();
            await Flush(writer, context).ConfigureAwait(false);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static async Task Range(HttpContext context, RangeRequest request, bool truncated, long difference, IReadOnlyList<RangeEntry> entries)
    {
        context.Response.ContentType = ContentType;
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter, Options);
        writer.WriteStartObject();
        WriteTime(writer, "start", request.Start, difference);
        WriteTime(writer, "end", request.End, difference);
        writer.WriteNumber("step", request.Step / 1_000_000_000m);
        writer.WriteBoolean("truncated", truncated);
        writer.WriteStartArray("series");
        foreach (RangeEntry entry in entries)
        {
            writer.WriteStartObject();
            if (entry.Series is { } series)
                WriteIdentity(writer, series, entry.Labels);
            else
                WriteGroup(writer, entry);
            if (entry.HasTotal)
                WriteValue(writer, "total", entry.Values.Total);
            await WriteValues(writer, context, "values", entry.Values.Values).ConfigureAwait(false);
            if (entry.Values is { Least: { } least, Greatest: { } greatest })
            {
                await WriteValues(writer, context, "min", least).ConfigureAwait(false);
                await WriteValues(writer, context, "max", greatest).ConfigureAwait(false);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static async Task Records(HttpContext context, RecordedSeries series, List<ScannedRecord> records, bool truncated, long difference)
    {
        context.Response.ContentType = ContentType;
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter, Options);
        writer.WriteStartObject();
        WriteIdentity(writer, series, series.Labels);
        writer.WriteBoolean("truncated", truncated);
        writer.WriteStartArray("times");
        foreach (ScannedRecord record in records)
        {
            writer.WriteNumberValue(Seconds(record.Time + difference));
            await Flush(writer, context).ConfigureAwait(false);
        }

        writer.WriteEndArray();
        await WriteValues(writer, context, "values", [.. records.Select(record => series.Encoding.Read(record.Raw, record.IsSample))]).ConfigureAwait(false);
        writer.WriteStartArray("transports");
        foreach (ScannedRecord record in records)
        {
            writer.WriteStringValue(TransportNames[(int)record.Transport]);
            await Flush(writer, context).ConfigureAwait(false);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteIdentity(Utf8JsonWriter writer, RecordedSeries series, IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        writer.WriteNumber("id", series.Id);
        writer.WriteString("name", series.Family.Name);
        writer.WriteString("kind", series.Kind);
        WriteLabels(writer, labels, series.Bound);
    }

    private static void WriteGroup(Utf8JsonWriter writer, RangeEntry entry)
    {
        writer.WriteString("name", entry.Family!.Name);
        writer.WriteString("kind", entry.Family.Kind == Kind.Counter ? "counter" : "histogram_bucket");
        WriteLabels(writer, entry.Labels, null);
    }

    private static void WriteLabels(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, string>> labels, string? bound)
    {
        writer.WriteStartObject("labels");
        foreach ((string name, string value) in labels)
            writer.WriteString(name, value);
        if (bound is not null)
            writer.WriteString("le", bound);
        writer.WriteEndObject();
    }

    private static async Task WriteValues(Utf8JsonWriter writer, HttpContext context, string name, double[] values)
    {
        writer.WriteStartArray(name);
        foreach (double value in values)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
            await Flush(writer, context).ConfigureAwait(false);
        }

        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, long time, long difference)
    {
        if (time is long.MinValue or long.MaxValue)
            writer.WriteNull(name);
        else
            writer.WriteNumber(name, Seconds(time + difference));
    }

    private static decimal Seconds(long nanoseconds) => nanoseconds / 1_000_000_000m;

    private static async ValueTask Flush(Utf8JsonWriter writer, HttpContext context)
    {
        if (writer.BytesPending < FlushBytes)
            return;
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
