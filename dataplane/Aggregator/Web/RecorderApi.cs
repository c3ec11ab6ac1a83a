using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Recorder;
using OppTel.Recorder.Queries;
using OppTel.Segment;

namespace OppTel.Aggregator.Web;

/// <summary>What the recorder answers: <c>/api/v1/series</c>, <c>/range</c>, <c>/records</c> and <c>/top</c>.</summary>
/// <param name="history">The recorder.</param>
/// <param name="clock">Unix times.</param>
internal sealed class RecorderApi(RecordHistory history, UnixClock clock)
{
    private const int MostSteps = 11_000;
    private const long LongestStep = 86_400_000_000_000;
    private const int MostValues = 2_000_000;
    private const int MostRecords = 1_000_000;
    private const int MostTopSeries = 200_000;

    /// <summary>Numbers in memory for all answers: 200 MB.</summary>
    private const long MostAnswered = 25_000_000;

    /// <summary>Numbers that take as much as a record of an answer, its place in a list that grows included.</summary>
    private const int NumbersOfRecord = 9;

    /// <summary>How long a request waits for its turn.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long reading may take.</summary>
    private static readonly TimeSpan LongestReading = TimeSpan.FromSeconds(20);

    private readonly AnswerBudget budget = new(MostAnswered);

    /// <summary>Maps the paths; without a recorder they say so.</summary>
    public static void Map(WebApplication app, RecordHistory? history, UnixClock clock)
    {
        RecorderApi? api = history is null ? null : new RecorderApi(history, clock);
        void Add(string path, Func<RecorderApi, Func<HttpContext, Task>> handler) => app.MapGet(
            path, context => api is null ? NotRecorded(context) : RequestErrors.Guard(context, handler(api)));
        Add("/api/v1/series", api => api.Series);
        Add("/api/v1/range", api => api.Range);
        Add("/api/v1/records", api => api.Records);
        Add("/api/v1/top", api => api.Top);
    }

    /// <summary>Answers where there is no recorder.</summary>
    public static Task NotRecorded(HttpContext context) =>
        RequestErrors.Write(context, StatusCodes.Status404NotFound, "nothing is recorded: recorder.memory is 0 in the configuration");

    private async Task Series(HttpContext context)
    {
        RequestParameters parameters = Parameters(context);
        SeriesSelector selector = new(parameters);
        IReadOnlyList<RecordedSeries> series = selector.Select(history, selector.Limit, out bool truncated);
        Dictionary<uint, (long Records, long First, long Last)> uncounted = await Read(context, reader => reader.Uncounted()).ConfigureAwait(false);
        await AnswerWriter.Series(context, series, uncounted, history.State.Oldest, truncated, clock.Difference).ConfigureAwait(false);
    }

    private async Task Range(HttpContext context)
    {
        RequestParameters parameters = Parameters(context);
        SeriesSelector selector = new(parameters);
        IReadOnlyList<RecordedSeries> series = selector.Select(history, selector.Limit, out bool truncated);
        RangeRequest request = ReadRange(parameters);
        using AnswerShare share = budget.Take(CheckSize(series.Count, request));
        RangeValues[] values = await Read(context, reader => RangeQuery.Run(reader, new SeriesSelection(series), request)).ConfigureAwait(false);
        await AnswerWriter.Range(context, request, truncated, clock.Difference, [.. series.Select((entry, index) =>
            new RangeEntry(entry, entry.Labels, values[index], HasTotal: false))]).ConfigureAwait(false);
    }

    private async Task Records(HttpContext context)
    {
        RequestParameters parameters = Parameters(context);
        IReadOnlyList<RecordedSeries> series = new SeriesSelector(parameters).Select(history, 2, out _);
        if (parameters.Query["id"].Count != 1 || series.Count != 1)
            throw new RequestException("records are those of one series: give its id=, which /api/v1/series tells");
        long from = Boot(parameters.Time("start", "-10s")), to = Boot(parameters.Time("end", "now"));
        int limit = parameters.Integer("limit", 100_000, 1, MostRecords);
        using AnswerShare share = budget.Take((long)limit * NumbersOfRecord);
        List<ScannedRecord> records = [];
        bool truncated = await Read(context, reader => reader.Arrivals(new SeriesSelection(series), from, to, limit, records)).ConfigureAwait(false);
        share.Shrink((long)records.Count * NumbersOfRecord);
        await AnswerWriter.Records(context, series[0], records, truncated, clock.Difference).ConfigureAwait(false);
    }

    private async Task Top(HttpContext context)
    {
        RequestParameters parameters = Parameters(context);
        SeriesSelector selector = new(parameters);
        if (parameters.Text("name") is null)
            throw new RequestException("name= is missing: a counter such as process_cpu_time_seconds_total");
        RecordedSeries[] series = [.. selector.Select(history, MostTopSeries, out bool truncated).Where(entry => entry.IsCounter)];
        RangeRequest request = ReadRange(parameters);
        if (request.Extremes)
            throw new RequestException("extremes are those of series that are asked for: take the ids of the top ones to /api/v1/range");
        int limit = parameters.Integer("limit", 10, 1, 10_000);
        using AnswerShare share = budget.Take(CheckSize(limit, request));
        string[] by = [.. parameters.Query["by"].Where(name => !string.IsNullOrEmpty(name))!];
        List<TopEntry> top = await Read(context, reader => TopQuery.Run(reader, new SeriesSelection(series), request, by, limit)).ConfigureAwait(false);
        await AnswerWriter.Range(context, request, truncated, clock.Difference, [.. top.Select(entry =>
            new RangeEntry(by.Length == 0 ? entry.Series : null, entry.Labels, entry.Values, HasTotal: true, entry.Series.Family))]).ConfigureAwait(false);
    }

    private RequestParameters Parameters(HttpContext context) => new(context.Request.Query, (long)Boottime.Now + clock.Difference);

    private long Boot(long unix) => unix - clock.Difference;

    private RangeRequest ReadRange(RequestParameters parameters)
    {
        long start = parameters.Time("start", "-10s"), end = parameters.Time("end", "now"), step = parameters.Duration("step", "10ms");
        if (step < 1000)
            throw new RequestException($"step={parameters.Text("step")} is below 1us");
        if (end <= start)
            throw new RequestException("end is not after start");
        if (step > LongestStep)
            throw new RequestException($"step={parameters.Text("step")} is longer than 24h");
        decimal distance = (decimal)end - start, steps = Math.Ceiling(distance / step);
        if (steps > MostSteps)
            throw new RequestException($"{steps} steps are more than {MostSteps}; ask for a step of at least {Math.Ceiling(distance / MostSteps / 1000)}us or for a shorter time");
        bool values = parameters.Text("counter") switch
        {
            null or "rate" => false,
            "value" => true,
            { } other => throw new RequestException($"counter={other} is neither rate nor value"),
        };
        return new RangeRequest(Boot(start), step, (int)steps, Boot(parameters.Now), values, parameters.Boolean("extremes"));
    }

    /// <summary>How many numbers an answer has.</summary>
    private static long CheckSize(int series, RangeRequest request)
    {
        long values = (long)series * request.Steps * (request.Extremes ? 3 : 1);
        if (values > MostValues)
            throw new RequestException($"{series} series with {request.Steps} steps are more than {MostValues} values; ask for fewer series, a larger step or a shorter time");
        return values;
    }

    /// <summary>Reads on a thread of its own turn: while others read, it waits.</summary>
    private async Task<T> Read<T>(HttpContext context, Func<HistoryReader, T> read)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using HistoryReader reader = await HistoryReader.OpenAsync(history, Patience, limit.Token).ConfigureAwait(false)
            ?? throw new RequestException(503, "too many others are reading the recorder; try again");
        limit.CancelAfter(LongestReading);
        try
        {
            return read(reader);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new RequestException($"this takes longer than {LongestReading.TotalSeconds:0} s; ask for a shorter time or for fewer series");
        }
        catch (QueryException exception)
        {
            throw new RequestException(exception.Message);
        }
    }
}
