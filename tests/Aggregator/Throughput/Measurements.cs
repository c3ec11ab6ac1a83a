using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OppTel.Aggregator.Draining;
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
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("OPPTEL_ROUNDS") ?? "7");

    /// <summary>What is measured: a name, and the metrics that have distributions.</summary>
    private static readonly (string Name, string[] Patterns)[] Cases =
        [("series", []), ("distributions_of_a_tenth", ["depth_length"]), ("distributions_of_all", ["*"])];

    private readonly ITestOutputHelper output;

    public Measurements(ITestOutputHelper output) => this.output = output;

    [Fact(Explicit = true)]
    public void TrailersPerSecond()
    {
        Dictionary<string, object> results = [];
        foreach ((string name, string[] patterns) in Cases)
        {
            // For all of them it takes more than the default.
            using Bed bed = new(new DistributionSet(new DistributionOptions(patterns, 512 << 20)));
            bed.Round(Trailers);
            double drainBefore = ThreadTime.Of("drain"), foldBefore = ThreadTime.Of("fold");
            double[] nanoseconds = [.. Enumerable.Range(0, Rounds).Select(_ => bed.Round(Trailers).TotalNanoseconds / Trailers).Order()];
            double drain = (ThreadTime.Of("drain") - drainBefore) / Trailers / Rounds, fold = (ThreadTime.Of("fold") - foldBefore) / Trailers / Rounds;
            results[name] = new
            {
                ns_per_trailer = new { median = nanoseconds[Rounds / 2], least = nanoseconds[0], most = nanoseconds[^1] },
                trailers_per_second = new { median = 1e9 / nanoseconds[Rounds / 2], least = 1e9 / nanoseconds[^1], most = 1e9 / nanoseconds[0] },
                drain_cpu_ns_per_trailer = drain,
                fold_cpu_ns_per_trailer = fold,
                distributions = bed.Distributions.Count,
                values_lost = bed.Distributions.Lost,
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
        private ulong taken;

        public Bed(DistributionSet distributions)
        {
            Distributions = distributions;
            load = new Load(directory.File("segment"), 128 << 20);
            SeriesTable table = new(100_000, 60_000_000_000, new HashSet<string>(), 100_000) { Distributions = distributions };
            receiver = new Receiver(table, new CatalogLimits(), ControlKey.Public);
            drain = new DrainLoop(directory.File("segment"), receiver, NullLogger<DrainLoop>.Instance, exception => throw exception);
            fold = new FoldLoop(distributions, new EntityTally(table), NullLogger<FoldLoop>.Instance, exception => throw exception);
            fold.Start();
            drain.Start();
            Wait(() => table.Snapshot.Count == Load.Series);
        }

        public DistributionSet Distributions { get; }

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
