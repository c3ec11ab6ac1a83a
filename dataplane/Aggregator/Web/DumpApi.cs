using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Recorder;
using OppTel.Recorder.Dumps;
using OppTel.Recorder.Queries;
using OppTel.Segment;

namespace OppTel.Aggregator.Web;

/// <summary><c>POST /api/v1/dump</c>: the recorder, or a part of it, as a Parquet file.</summary>
internal sealed class DumpApi(RecordHistory history, RecorderDump dumps, UnixClock clock)
{
    /// <summary>Header with the number of records of the file.</summary>
    public const string RecordsHeader = "OppTel-Records";

    /// <summary>Of a Parquet file.</summary>
    public const string ContentType = "application/vnd.apache.parquet";

    /// <summary>Maps the path; without a recorder it says so.</summary>
    public static void Map(WebApplication app, RecordHistory? history, RecorderDump? dumps, UnixClock clock)
    {
        DumpApi? api = history is null || dumps is null ? null : new DumpApi(history, dumps, clock);
        app.MapPost("/api/v1/dump", context => api is null ? RecorderApi.NotRecorded(context) : RequestErrors.Guard(context, api.Dump));
    }

    private async Task Dump(HttpContext context)
    {
        RequestParameters parameters = new(context.Request.Query, (long)Boottime.Now + clock.Difference);
        SeriesSelector selector = new(parameters);
        SeriesSelection selection = new(selector.Select(history, int.MaxValue, out _));
        long from = parameters.Time("start", "0") - clock.Difference, to = parameters.Time("end", "now") - clock.Difference;
        if (to <= from)
            throw new RequestException("end is not after start");
        try
        {
            if (parameters.Boolean("save"))
                await Save(context, parameters.Text("reason") ?? "on demand", selection, from, to).ConfigureAwait(false);
            else
                await Send(context, selection, from, to).ConfigureAwait(false);
        }
        catch (QueryException exception)
        {
            throw new RequestException(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && !context.Response.HasStarted)
        {
            throw new RequestException(StatusCodes.Status500InternalServerError, $"cannot write the dump: {exception.Message}");
        }
    }

    private async Task Save(HttpContext context, string reason, SeriesSelection selection, long from, long to)
    {
        SavedDump saved = await dumps.SaveAsync(reason, selection, from, to, context.RequestAborted).ConfigureAwait(false);
        context.Response.ContentType = AnswerWriter.ContentType;
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter, AnswerWriter.Options);
        writer.WriteStartObject();
        writer.WriteString("path", saved.Path);
        writer.WriteNumber("records", saved.Records);
        writer.WriteNumber("bytes", saved.Bytes);
        writer.WriteEndObject();
    }

    /// <summary>The end of a Parquet file says where its parts are, so it is written as a whole first.</summary>
    private Task Send(HttpContext context, SeriesSelection selection, long from, long to) => dumps.SendAsync(
        selection, from, to,
        (file, records) =>
        {
            context.Response.ContentType = ContentType;
            context.Response.ContentLength = file.Length;
            context.Response.Headers.ContentDisposition = "attachment; filename=\"opptel.parquet\"";
            context.Response.Headers[RecordsHeader] = records.ToString(CultureInfo.InvariantCulture);
            return file.CopyToAsync(context.Response.Body, context.RequestAborted);
        },
        context.RequestAborted);
}
