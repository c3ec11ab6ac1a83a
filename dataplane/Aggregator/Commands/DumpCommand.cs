using System.CommandLine;
using System.Net;
using System.Text.Json;
using OppTel.Aggregator.Web;
using OppTel.Configuration;
using OppTel.Exports.Push;

namespace OppTel.Aggregator.Commands;

/// <summary><c>opptel-aggregator dump</c>: asks a running aggregator for what its recorder has, as a Parquet file.</summary>
internal static class DumpCommand
{
    /// <summary>The command line.</summary>
    public static Command Create()
    {
        Option<string> from = Value("--from", "TIME", "-1m", "Where to begin: Unix seconds, RFC 3339, or relative to now.");
        Option<string> to = Value("--to", "TIME", "now", "Where to end.");
        Option<string?> output = new("--output", "-o") { Description = "The file to write.", HelpName = "FILE", Required = true };
        Option<string?> name = new("--name") { Description = "Only this metric, or all that begin so with * behind.", HelpName = "NAME" };
        Option<string?> host = new("--host") { Description = "Only this host.", HelpName = "HOST" };
        Option<string[]> label = new("--label") { Description = "Only series with this label; repeatable.", HelpName = "NAME=VALUE" };
        ServerOptions server = new();
        Command command = new(
            "dump",
            """
            Write what the recorder of a running aggregator has as a Parquet file.

            Examples:
              opptel-aggregator dump --from -1m --output last-minute.parquet
              opptel-aggregator dump --from 2026-01-31T03:12:00Z --to 2026-01-31T03:12:30Z --name 'opptel_disk_*' -o disk.parquet
            """) { from, to, output, name, host, label };
        server.AddTo(command);
        command.SetAction((result, cancellation) => Execute(
            server.Read(result),
            Query(
                [("start", result.GetRequiredValue(from)), ("end", result.GetRequiredValue(to)), ("name", result.GetValue(name)), ("host", result.GetValue(host))],
                result.GetValue(label) ?? []),
            result.GetRequiredValue(output)!, cancellation));
        return command;
    }

    private static Option<string> Value(string option, string help, string fallback, string description) =>
        new(option) { Description = description, HelpName = help, DefaultValueFactory = _ => fallback };

    private static string Query((string Key, string? Value)[] values, string[] labels)
    {
        List<string> query = [.. values.Where(entry => entry.Value is not null).Select(entry => $"{entry.Key}={Uri.EscapeDataString(entry.Value!)}")];
        foreach (string label in labels)
        {
            int equals = label.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new OperatorException(ExitCode.Usage, $"--label '{label}' is not NAME=VALUE");
            query.Add($"label.{Uri.EscapeDataString(label[..equals])}={Uri.EscapeDataString(label[(equals + 1)..])}");
        }

        return string.Join('&', query);
    }

    private static async Task<int> Execute(HttpSettings settings, string query, string output, CancellationToken cancellation)
    {
        using HttpClient client = new(HttpConnection.CreateHandler(settings)) { Timeout = Timeout.InfiniteTimeSpan };
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(settings.Url, $"/api/v1/dump?{query}"));
        foreach ((string name, string value) in HttpConnection.Headers(settings))
            request.Headers.Add(name, value);
        string server = settings.Url.GetLeftPart(UriPartial.Authority);
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw Refused(server, response.StatusCode, await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
            long bytes = await Write(response, output, cancellation).ConfigureAwait(false);
            string records = response.Headers.TryGetValues(DumpApi.RecordsHeader, out IEnumerable<string>? values) ? values.First() : "?";
            Console.Out.WriteLine($"{output}: {records} records, {bytes} bytes");
            return ExitCode.Ok;
        }
        catch (HttpRequestException exception)
        {
            throw new OperatorException(
                ExitCode.Unavailable, $"no aggregator answers at {server}: {exception.Message}. Start it, or name its address with --url.", exception);
        }
    }

    /// <summary>Nobody sees half a file under the name.</summary>
    private static async Task<long> Write(HttpResponseMessage response, string output, CancellationToken cancellation)
    {
        string unfinished = output + ".unfinished";
        try
        {
            long bytes;
            FileStream file = new(unfinished, FileMode.Create, FileAccess.Write);
            await using (file.ConfigureAwait(false))
            {
                await response.Content.CopyToAsync(file, cancellation).ConfigureAwait(false);
                bytes = file.Length;
            }

            File.Move(unfinished, output, overwrite: true);
            return bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(unfinished);
            throw new OperatorException(ExitCode.System, $"cannot write {output}: {exception.Message}", exception);
        }
    }

    private static OperatorException Refused(string server, HttpStatusCode status, string text)
    {
        string? error = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            error = document.RootElement.TryGetProperty("error", out JsonElement value) ? value.GetString() : null;
        }
        catch (JsonException)
        {
            // Whatever answers there is no aggregator of this version: the status has to do.
        }

        return new OperatorException(
            status == HttpStatusCode.BadRequest ? ExitCode.Usage : ExitCode.Unavailable, $"{server} refuses: {error ?? $"status {(int)status}"}");
    }
}
