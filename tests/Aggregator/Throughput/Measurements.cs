using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OppTel.Aggregator.Draining;
using OppTel.Recorder;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Telemetry.Distributions;
using OppTel.Telemetry.Entities;
using OppTel.Wire;

namespace OppTel.Aggregator.Tests.Throughput;

/// <summary>
/// How many trailers the real drain thread takes from a real ring: <c>scripts/bench aggregator</c> runs it. With the environment
/// variable OPPTEL_RESULT the figures go there as JSON.
/// </summary>
public class Measurements
{
    private const int Trailers = 500_000;
    private const string Storing = "recorder";
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("OPPTEL_ROUNDS") ?? "7");

    /// <summary>What is measured: a name, the metrics that have distributions, and whether the recorder gets everything.</summary>
    private static readonly (string Name, string[] Patterns, bool IsRecorded)[] Cases =
    [
        ("series", [], false), ("distributions_of_a_tenth", ["depth_length"], false), ("distributions_of_all", ["*"], false),
        ("distributions_of_a_tenth_and_recorder", ["depth_length"], true),
    ];

    private readonly ITestOutputHelper output;

    public Measurements(ITestOutputHelper output) => this.output = output;

    [Fact(Explicit = true)]
    public void TrailersPerSecond()
    {
        Dictionary<string, object> results = [];
        foreach ((string name, string[] patterns, bool isRecorded) in Cases)
        {
            // For all of them it takes more than the default.
            using Bed bed = new(new DistributionSet(new DistributionOptions(patterns, 512 << 20)), isRecorded);
            bed.Round(Trailers);
            double drainBefore = ThreadTime.Of("drain"), foldBefore = ThreadTime.Of("fold"), storeBefore = ThreadTime.Of(Storing);
            double[] nanoseconds = [.. Enumerable.Range(0, Rounds).Select(_ => bed.Round(Trailers).TotalNanoseconds / Trailers).Order()];
            double drain = (ThreadTime.Of("drain") - drainBefore) / Trailers / Rounds, fold = (ThreadTime.Of("fold") - foldBefore) / Trailers / Rounds,
                store = (ThreadTime.Of(Storing) - storeBefore) / Trailers / Rounds;
            results[name] = new
            {
                ns_per_trailer = new { median = nanoseconds[Rounds / 2], least = nanoseconds[0], most = nanoseconds[^1] },
                trailers_per_second = new { median = 1e9 / nanoseconds[Rounds / 2], least = 1e9 / nanoseconds[^1], most = 1e9 / nanoseconds[0] },
                drain_cpu_ns_per_trailer = drain,
                fold_cpu_ns_per_trailer = fold,
                distributions = bed.Distributions.Count,
                values_lost = bed.Distributions.Lost,
                records_lost = bed.RecordsLost,
                store_cpu_ns_per_trailer = store,
            };
        }

        string json = JsonSerializer.Serialize(new { values = Load.Values, series = Load.Series, rounds = Rounds, trailers = Trailers, cases = results });
        output.WriteLine(json);
        if (Environment.GetEnvironmentVariable("OPPTEL_RESULT") is { Length: > 0 } path)
            File.WriteAllText(path, json);
    }

    /// <summary>A segment with a load on one side and the drain thread on the other.</summary>
    private sealed class Bed : IDisposable
    {
        private readonly TestDirectory directory = new();
        private readonly Load load;
        private readonly Receiver receiver;
        private readonly DrainLoop drain;
        private readonly FoldLoop fold;
        private readonly RecordHistory? recorder;
        private ulong taken;

        public Bed(DistributionSet distributions, bool isRecorded)
        {
            recorder = isRecorded ? new RecordHistory(256 << 20, 300_000_000_000, () => Boottime.Now, exception => throw exception) : null;
            Distributions = distributions;
            load = new Load(directory.File("segment"), 128 << 20);
            SeriesTable table = new(100_000, 60_000_000_000, new HashSet<string>(), 100_000) { Distributions = distributions, Sinks = recorder is null ? [] : [recorder] };
            receiver = new Receiver(table, new CatalogLimits(), ControlKey.Public);
            drain = new DrainLoop(directory.File("segment"), receiver, NullLogger<DrainLoop>.Instance, exception => throw exception);
            fold = new FoldLoop(distributions, new EntityTally(table), NullLogger<FoldLoop>.Instance, exception => throw exception);
            recorder?.Start();
            fold.Start();
            drain.Start();
            Wait(() => table.Snapshot.Count == Load.Series);
        }

        public DistributionSet Distributions { get; }

        public ulong RecordsLost => recorder?.NotKept ?? 0;

        /// <summary>Time from when the trailers become visible until all are taken.</summary>
        public TimeSpan Round(int trailers)
        {
            load.Send(trailers);
            Stopwatch watch = Stopwatch.StartNew();
            taken += (ulong)trailers;
            Wait(() => receiver.Hosts[0].Trailers == taken);
            return watch.Elapsed;
        }

        public void Dispose()
        {
            Assert.Equal(0ul, receiver.Hosts[0].Undecodable(UndecodableReason.UnknownSlot));
            drain.Dispose();
            fold.Dispose();
            recorder?.Dispose();
            load.Dispose();
            directory.Dispose();
        }

        private static void Wait(Func<bool> until)
        {
            for (Stopwatch watch = Stopwatch.StartNew(); !until(); Thread.Sleep(1))
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "the drain thread does not get on");
        }
    }
}
