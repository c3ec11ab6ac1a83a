using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Recorder.Dumps;

namespace OppTel.Aggregator.Web;

/// <summary><c>GET /api/v1/dumps</c> and <c>/api/v1/dumps/NAME</c>: the dumps that were saved.</summary>
internal static class SavedDumpsApi
{
    private const string Path = "/api/v1/dumps";
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps the paths; without a recorder they say so.</summary>
    public static void Map(WebApplication app, RecorderDump? dumps)
    {
        app.MapMethods(Path, Methods, context => dumps is null ? RecorderApi.NotRecorded(context) : RequestErrors.Guard(context, guarded => List(guarded, dumps)));
        app.MapMethods(Path + "/{name}", Methods, context => dumps is null ? RecorderApi.NotRecorded(context) : RequestErrors.Guard(context, guarded => Send(guarded, dumps)));
    }

    private static async Task List(HttpContext context, RecorderDump dumps)
    {
        IReadOnlyList<DumpFile> files = ReadDirectory(dumps.Saved);
        context.Response.ContentType = AnswerWriter.ContentType;
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter, AnswerWriter.Options);
        writer.WriteStartObject();
        writer.WriteStartArray("dumps");
        foreach (DumpFile file in files)
        {
            writer.WriteStartObject();
            writer.WriteString("name", file.Name);
            writer.WriteNumber("time", (file.Time - DateTime.UnixEpoch).TotalSeconds);
            writer.WriteNumber("bytes", file.Bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Sends a file, or the ranges of it that readers of Parquet ask for. One that is deleted meanwhile is sent to its end.</summary>
    private static Task Send(HttpContext context, RecorderDump dumps)
    {
        string name = (string?)context.Request.RouteValues["name"] ?? "";
        FileStream file = ReadDirectory(() => dumps.Open(name))
            ?? throw new RequestException(StatusCodes.Status404NotFound, $"there is no dump of this name; {Path} lists those that there are");
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(file, DumpApi.ContentType, name, File.GetLastWriteTimeUtc(file.SafeFileHandle), enableRangeProcessing: true).ExecuteAsync(context);
    }

    private static T ReadDirectory<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(StatusCodes.Status500InternalServerError, $"cannot read the dumps: {exception.Message}");
        }
    }
}
