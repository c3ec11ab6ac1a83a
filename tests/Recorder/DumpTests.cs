using Apache.Arrow;
using Apache.Arrow.Ipc;
using CsCheck;
using DuckDB.NET.Data;
using OppTel.Recorder.Dumps;
using OppTel.Recorder.Queries;
using ParquetSharp.Arrow;

namespace OppTel.Recorder.Tests;

public sealed class DumpTests : IDisposable
{
    private const long Unix = 1_700_000_000_123_456_789;
    private readonly string directory = Directory.CreateTempSubdirectory("opptel-dump-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void DuckDbReadsEveryRecordOfADump()
    {
        int number = 0;
        RandomTraffic.Trailer.Array[20, 150].Sample(plans =>
        {
            using TestHistory test = new(blockRecords: 64);
            RandomTraffic traffic = new(test);
            traffic.Start();
            foreach (TrailerPlan plan in plans)
            {
                traffic.Send(plan);
                if (test.History.Queue.Open - test.History.Queue.Stored >= 2)
                    test.Store();
            }

            using RecorderDump dumps = new(test.History, Path.Combine(directory, $"{number++}"), 1 << 30, () => Unix);
            SavedDump saved = dumps.SaveAsync("a Test!", long.MinValue, long.MaxValue, TestContext.Current.CancellationToken).Result;
            Assert.EndsWith("-a-test.parquet", saved.Path, StringComparison.Ordinal);
            Assert.Equal((traffic.Sent.Count, new FileInfo(saved.Path).Length), (saved.Records, saved.Bytes));
            Assert.Equal(
                traffic.Sent.Select(record => Expected(traffic, record)).Order(),
                Query($"SELECT epoch_us(time), host_time_ns, name, host, labels['pid'], kind, value, raw FROM '{saved.Path}'")
                    .Select(row => string.Join(' ', row)).Order());
        }, iter: 10, threads: 1);
    }

    /// <summary>Through Arrow's tables, as pandas.read_parquet does.</summary>
    [Fact]
    public async Task ArrowReadsTheSameTypesAndValues()
    {
        using TestHistory test = new(blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        for (int number = 0; number < 300; number++)
            traffic.Send(new TrailerPlan(number % 2, 0, 1000, 0, [new RecordPlan(0, (ulong)number, false, 0), new RecordPlan(1, 5, false, 0)], Stores: number % 10 == 9));
        using RecorderDump dumps = new(test.History, directory, 1 << 30, () => Unix);
        SavedDump saved = await dumps.SaveAsync("arrow", long.MinValue, long.MaxValue, TestContext.Current.CancellationToken);
        using FileReader file = new(saved.Path);
        using IArrowArrayStream batches = file.GetRecordBatchReader();
        Assert.Equal(
            "time timestamp, host_time_ns int64, name utf8, host utf8, labels map, kind utf8, value double, raw uint64",
            string.Join(", ", batches.Schema.FieldsList.Select(field => $"{field.Name} {field.DataType.Name}")));
        List<string> rows = [];
        while (await batches.ReadNextRecordBatchAsync(TestContext.Current.CancellationToken) is { } batch)
            rows.AddRange(Enumerable.Range(0, batch.Length).Select(row => Row(batch, row)));
        Assert.Equal(traffic.Sent.Select(record => Expected(traffic, record)).Order(), rows.Order());
    }

    private static string Row(RecordBatch batch, int row)
    {
        MapArray labels = (MapArray)batch.Column("labels");
        string kind = ((StringArray)batch.Column("kind")).GetString(row);
        int label = Enumerable.Range(labels.ValueOffsets[row], labels.GetValueLength(row)).Single(index => ((StringArray)labels.Keys).GetString(index) == "pid");
        return string.Join(
            ' ',
            ((TimestampArray)batch.Column("time")).GetValue(row) / 1000,
            ((Int64Array)batch.Column("host_time_ns")).GetValue(row),
            ((StringArray)batch.Column("name")).GetString(row),
            ((StringArray)batch.Column("host")).GetString(row),
            ((StringArray)labels.Values).GetString(label),
            kind,
            kind == "gauge" ? ((DoubleArray)batch.Column("value")).GetValue(row) : "-",
            ((UInt64Array)batch.Column("raw")).GetValue(row));
    }

    [Fact]
    public async Task RowsOfAGroupAreSorted()
    {
        using TestHistory test = new(blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        for (int number = 0; number < 50; number++)
            traffic.Send(new TrailerPlan(number % 2, 0, 1000, 0, [new RecordPlan(0, (ulong)number, false, 0), new RecordPlan(1, 5, false, 0)], Stores: true));
        using RecorderDump dumps = new(test.History, directory, 1 << 30, () => Unix);
        SavedDump saved = await dumps.SaveAsync("sorted", long.MinValue, long.MaxValue, TestContext.Current.CancellationToken);
        List<object[]> rows = Query($"SELECT name, host, labels['pid'], host_time_ns FROM '{saved.Path}'");
        Assert.Equal(rows.OrderBy(row => (string)row[0], StringComparer.Ordinal).ThenBy(row => (string)row[1], StringComparer.Ordinal).ThenBy(row => (long)row[3]), rows);
    }

    [Fact]
    public async Task ADumpOfAPartHasThatPartAndTheOldestMakeRoom()
    {
        using TestHistory test = new(blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        for (int number = 0; number < 100; number++)
            traffic.Send(new TrailerPlan(0, 0, 1_000_000, 0, [new RecordPlan(0, (ulong)number, false, 0), new RecordPlan(1, 5, false, 0)], Stores: false));
        long from = traffic.Sent[40].Time, to = traffic.Sent[80].Time;
        SeriesSelection one = new([traffic.Series("alpha", 1)]);
        long size;
        using (RecorderDump first = new(test.History, directory, 1 << 30, () => Unix))
        {
            SavedDump saved = await first.SaveAsync("one", one, from, to, TestContext.Current.CancellationToken);
            Assert.Equal(20, saved.Records);
            size = saved.Bytes;
        }

        using RecorderDump dumps = new(test.History, directory, (size * 5) / 2, () => Unix);
        for (int number = 0; number < 5; number++)
        {
            await Task.Delay(2, TestContext.Current.CancellationToken);
            await dumps.SaveAsync($"number {number}", one, from, to, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["number-3.parquet", "number-4.parquet"], Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(path => path[(path.IndexOf("Z-", StringComparison.Ordinal) + 2)..]));
        using RecorderDump small = new(test.History, directory, 10, () => Unix);
        QueryException exception = await Assert.ThrowsAsync<QueryException>(() => small.SaveAsync("x", one, from, to, TestContext.Current.CancellationToken));
        Assert.Contains("larger than 10 bytes", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(directory).Length);
    }

    [Fact]
    public async Task OnlyOwnFilesMakeRoomAndWhatAKilledProcessLeftIsRemoved()
    {
        using TestHistory test = new(blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        traffic.Send(new TrailerPlan(0, 0, 1000, 0, [new RecordPlan(0, 1, false, 0)], Stores: false));
        const string Left = "20200101T000000.000Z-stall.parquet.unfinished", Old = "20200101T000000.000Z-stall.parquet";
        string[] foreign = ["00-results.parquet", "20200101T000000.000Z.parquet", "mine.parquet.unfinished"];
        foreach (string name in foreign.Append(Left).Append(Old))
            File.WriteAllBytes(Path.Combine(directory, name), new byte[1 << 20]);
        using RecorderDump dumps = new(test.History, directory, 1 << 20, () => Unix);
        SavedDump saved = await dumps.SaveAsync("mine", long.MinValue, long.MaxValue, TestContext.Current.CancellationToken);
        Assert.Equal(foreign.Append(Path.GetFileName(saved.Path)).Order(), Directory.GetFiles(directory).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task WhatIsSentHasNoNameAndFewAreSentAtATime()
    {
        using TestHistory test = new(blockRecords: 64);
        RandomTraffic traffic = new(test);
        traffic.Start();
        traffic.Send(new TrailerPlan(0, 0, 1000, 0, [new RecordPlan(0, 1, false, 0)], Stores: false));
        SeriesSelection all = new([.. test.History.Series]);
        using RecorderDump dumps = new(test.History, directory, 1 << 20, () => Unix);
        TaskCompletionSource end = new();
        int sending = 0;
        Task[] slow = [.. Enumerable.Range(0, 4).Select(_ => dumps.SendAsync(
            all, long.MinValue, long.MaxValue,
            async (file, records) =>
            {
                Assert.True(file.Length > 0 && file.Position == 0 && records > 0);
                Interlocked.Increment(ref sending);
                await end.Task;
                Interlocked.Decrement(ref sending);
            },
            TestContext.Current.CancellationToken))];
        SpinWait.SpinUntil(() => Volatile.Read(ref sending) == 2, TimeSpan.FromSeconds(20));
        Assert.Empty(Directory.GetFiles(directory));
        // A trigger's dump does not wait for them.
        await dumps.SaveAsync("stall", long.MinValue, long.MaxValue, TestContext.Current.CancellationToken);
        Assert.Equal(2, Volatile.Read(ref sending));
        end.SetResult();
        await Task.WhenAll(slow);
    }

    private static string Expected(RandomTraffic traffic, SentRecord record)
    {
        RecordedSeries series = traffic.Series(record.Host, record.Slot);
        // Values of counters go on through wraps; those are compared elsewhere.
        double value = series.Encoding.Read(record.Raw, record.IsSample);
        return string.Join(' ', (record.Time + Unix) / 1000, record.HostTime, series.Family.Name, record.Host, record.Slot < 5 ? "1" : "2", series.Kind,
            series.IsCounter ? "-" : value, record.Raw);
    }

    private static List<object[]> Query(string text)
    {
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = text.Replace("kind, value,", "kind, CASE kind WHEN 'gauge' THEN value END,", StringComparison.Ordinal);
        using DuckDBDataReader reader = command.ExecuteReader();
        List<object[]> rows = [];
        while (reader.Read())
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "-" : reader.GetValue(column))]);
        return rows;
    }
}
