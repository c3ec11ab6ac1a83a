using System.Net;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using OppTel.Catalog;
using OppTel.Segment;
using OppTel.Wire;
using Kind = OppTel.Catalog.Metric.Types.Kind;

namespace OppTel.Aggregator.Tests;

/// <summary>Triggers of the real program: from a trailer in the ring to the wish in the host's view, the webhook and the pages.</summary>
public sealed class TriggerTests
{
    private static readonly Metric Queue = TestHost.Metric(7, "opptel_runqueue_length", Kind.Gauge);

    [Fact]
    public async Task ATriggerBoostsCallsAndIsSeen()
    {
        int hook = AggregatorProcess.FreePort();
        using AggregatorProcess aggregator = new($$"""
            triggers:
              - name: long run queue
                when: { metric: opptel_runqueue_length, labels: { cpu: "*" }, above: 8, for: 20ms }
                hold_off: 10m
                do:
                  - boost: { metrics: [opptel_runqueue_length], interval: 200us, duration: 1m }
                  - webhook: { url: "http://127.0.0.1:{{hook}}/" }
                  - boost: { metrics: [nonesuch] }
            """);
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        using HttpListener server = new();
        server.Prefixes.Add($"http://127.0.0.1:{hook}/");
        server.Start();
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, [Queue], TestHost.Block(100, [7], ("cpu", "3")))));
        dataplane.Trailer(host.Trailer(3, 9, Boottime.Now, new ValueRecord(100, 8)));
        await aggregator.MetricsWith("""opptel_trigger_state{trigger="long run queue",state="armed"} 1""");
        Assert.Equal(0, dataplane.HostView.BoostCount);

        // A host is heard of many times a second; one trailer alone would soon say nothing.
        await using Carrier carrier = new(100, () => dataplane.Trailer(host.Trailer(3, 9, Boottime.Now, new ValueRecord(100, 12))));
        HttpListenerContext call = await server.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        using (StreamReader body = new(call.Request.InputStream, Encoding.UTF8))
        {
            JsonElement said = JsonDocument.Parse(await body.ReadToEndAsync(TestContext.Current.CancellationToken)).RootElement;
            Assert.Equal(("long run queue", "alpha", 12), (said.GetProperty("trigger").GetString(), said.GetProperty("host").GetString(), said.GetProperty("value").GetInt32()));
        }

        call.Response.Close();
        string page = await aggregator.MetricsWith("""opptel_trigger_actions_total{trigger="long run queue",action="webhook",outcome="done"} 1""");
        Assert.Contains("""opptel_trigger_fired_total{trigger="long run queue"} 1""", page, StringComparison.Ordinal);
        Assert.Contains("""opptel_trigger_actions_total{trigger="long run queue",action="boost",outcome="failed"} 1""", page, StringComparison.Ordinal);
        PromTool.AssertClean(page);
        await aggregator.Eventually("/api/v1/triggers", (_, _) => dataplane.HostView.BoostCount == 1);
        HostView view = dataplane.HostView;
        Assert.Equal((7u, 200u), (view.Boosts[0].Metric, view.Boosts[0].IntervalMicroseconds));
        Assert.InRange(view.Boosts[0].Until, Boottime.Now, Boottime.Now + 60_000_000_000);
        AssertAnswer(JsonDocument.Parse((await aggregator.Get("/api/v1/triggers")).Text).RootElement);
        Assert.Equal(0, aggregator.Terminate().Code);
    }

    [Fact]
    public async Task ATriggerSavesWhatWasAroundIt()
    {
        using TestDirectory dumps = new();
        using AggregatorProcess aggregator = new($$"""
            recorder: { memory: 64MiB, dump_directory: {{dumps.File("saved")}} }
            triggers:
              - name: long run queue
                when: { metric: opptel_runqueue_length, above: 8 }
                do: [{ dump: { before: 5s, after: 200ms } }]
            """);
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, [Queue], TestHost.Block(100, [7], ("cpu", "3")))));
        for (ulong value = 0; value <= 12; value++)
        {
            dataplane.Trailer(host.Trailer(3, 9, Boottime.Now, new ValueRecord(100, value)));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await aggregator.MetricsWith("""opptel_trigger_actions_total{trigger="long run queue",action="dump",outcome="done"} 1""");
        string answer = (await aggregator.Get("/api/v1/triggers")).Text;
        string path = JsonDocument.Parse(answer).RootElement.GetProperty("events")[0].GetProperty("dump").GetString()!;
        Assert.StartsWith(dumps.File("saved"), path, StringComparison.Ordinal);
        using DuckDBConnection duck = new("DataSource=:memory:");
        duck.Open();
        using DuckDBCommand query = duck.CreateCommand();
        query.CommandText = $"select max(value), count(distinct value) from '{path}' where name = 'opptel_runqueue_length' and host = 'alpha'";
        using DuckDBDataReader row = query.ExecuteReader();
        Assert.True(row.Read());
        Assert.Equal((12.0, 13L), (row.GetDouble(0), row.GetInt64(1)));
    }

    [Fact]
    public async Task AnAnomalyFires()
    {
        using AggregatorProcess aggregator = new("""
            anomalies: { step: 20ms, warm_up: 1s, memory: 10s }
            triggers:
              - name: unusual
                when: { anomaly: { host: "al*", min_score: 20 } }
                do: [{ boost: { metrics: [opptel_runqueue_length] } }]
            """);
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        TestHost host = new(77);
        dataplane.Control(host.Catalog(host.Whole(9, [Queue], TestHost.Block(100, [7], ("cpu", "3")))));
        ulong busy = 0, turn = 0;
        await using Carrier carrier = new(
            20, () => dataplane.Trailer(host.Trailer(3, 9, Boottime.Now, new ValueRecord(100, Volatile.Read(ref busy) + (++turn * 7 % 5)))));
        await Task.Delay(5000, TestContext.Current.CancellationToken);
        await aggregator.MetricsWith("""opptel_trigger_fired_total{trigger="unusual"} 0""");
        Volatile.Write(ref busy, 500);
        await aggregator.MetricsWith("""opptel_trigger_fired_total{trigger="unusual"} 1""");
        JsonElement answer = JsonDocument.Parse((await aggregator.Get("/api/v1/triggers")).Text).RootElement;
        JsonElement happened = Assert.Single(answer.GetProperty("events").EnumerateArray());
        Assert.Equal(("alpha", null), (happened.GetProperty("host").GetString(), happened.GetProperty("metric").GetString()));
        Assert.InRange(happened.GetProperty("value").GetDouble(), 20, double.MaxValue);
    }

    [Fact]
    public async Task WithoutTriggersThereAreNone()
    {
        using AggregatorProcess aggregator = new();
        using TestDataplane dataplane = new(aggregator.SegmentPath);
        await aggregator.Start().Ready();
        Assert.Equal("""{"triggers":[],"events":[]}""", (await aggregator.Get("/api/v1/triggers")).Text);
        Assert.DoesNotContain("opptel_trigger", (await aggregator.Get("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsWrongWithATriggerIsSaidBeforeAnythingRuns()
    {
        using AggregatorProcess aggregator = new("triggers: [{ name: a, when: { metric: m, abov: 1 }, do: [{ webhook: { url: x } }] }]\n");
        (int code, _, string error) = AggregatorProcess.Run("check-config", "--config", aggregator.ConfigurationPath);
        Assert.Equal(78, code);
        Assert.Contains("aggregator.yaml:3:42: unknown key triggers[0].when.abov; did you mean above?", error, StringComparison.Ordinal);
        Assert.Contains("webhook.url: 'x' is not a URL", error, StringComparison.Ordinal);
    }

    /// <summary>Sends again and again, one at a time, until it is disposed of.</summary>
    private sealed class Carrier : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task sending;

        public Carrier(int milliseconds, Action send) => sending = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                send();
                await Task.Delay(milliseconds);
            }
        });

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await sending;
            stop.Dispose();
        }
    }

    private static void AssertAnswer(JsonElement answer)
    {
        JsonElement trigger = Assert.Single(answer.GetProperty("triggers").EnumerateArray());
        Assert.Equal(("firing", 1, 0), (trigger.GetProperty("state").GetString(), trigger.GetProperty("fired").GetInt32(), trigger.GetProperty("suppressed").GetInt32()));
        Assert.Equal(
            [("boost", 1, 0, null), ("webhook", 1, 0, null), ("boost", 0, 1, "the host alpha has no metric nonesuch")],
            trigger.GetProperty("actions").EnumerateArray().Select(action => (
                action.GetProperty("action").GetString()!, action.GetProperty("done").GetInt32(), action.GetProperty("failed").GetInt32(), action.GetProperty("last_error").GetString())));
        JsonElement happened = Assert.Single(answer.GetProperty("events").EnumerateArray());
        Assert.Equal(trigger.GetProperty("last_fired").GetDouble(), happened.GetProperty("time").GetDouble());
        Assert.Equal(("alpha", "3"), (happened.GetProperty("host").GetString(), happened.GetProperty("labels").GetProperty("cpu").GetString()));
        Assert.Equal(JsonValueKind.Null, happened.GetProperty("dump").ValueKind);
    }
}
