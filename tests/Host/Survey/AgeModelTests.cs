using CsCheck;
using OppTel.Host.Survey;
using OppTel.Host.Tests.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Survey;

/// <summary>The estimated age against simulations that keep every metric by itself, and against the egress program.</summary>
public sealed class AgeModelTests
{
    private const ulong Millisecond = 1_000_000;

    // Bursts and silences, carriers without room among them.
    private static readonly Gen<(ulong Gap, int Values)[]> Carriers =
        Gen.Select(Gen.Int[0, 8], Gen.ULong[1, 9], Gen.Int[0, 16]).Select((magnitude, digit, values) => (digit * (ulong)Math.Pow(10, magnitude), values)).Array[1, 120];

    [Fact]
    public void AgesAreThoseOfASimulationThatLooksAtEveryMetricAllTheTime() =>
        Gen.Select(Carriers, Gen.Int[1, 40]).Sample(
            (carriers, metrics) =>
            {
                AgeModel model = new(metrics);
                ulong[] leftAt = new ulong[metrics];
                List<(ulong Begin, ulong End)> spells = [];
                ulong time = 0;
                foreach ((ulong gap, int values) in carriers)
                {
                    time += gap;
                    model.Carry(time, values);
                    foreach (int metric in Enumerable.Range(0, metrics).OrderBy(metric => leftAt[metric]).Take(values).ToArray())
                    {
                        spells.Add((leftAt[metric], time));
                        leftAt[metric] = time;
                    }
                }

                time += 1000;
                spells.AddRange(leftAt.Select(left => (left, time)));
                AgeDistribution ages = model.Finish(time);
                Assert.Equal(spells.Max(spell => spell.End - spell.Begin) * 1e-9, ages.Oldest);
                Assert.Equal(leftAt.All(left => left > 0), ages.IsWhole);
                foreach (double share in (double[])[0.1, 0.5, 0.9, 0.99])
                {
                    // Of the time of all metrics, what was spent at this age or below.
                    double age = ages.Quantile(share)!.Value * 1e9;
                    double spent = spells.Sum(spell => Math.Min(spell.End - spell.Begin, age)) / ((double)time * metrics);
                    Assert.InRange(spent, share - 0.05, share + 0.05);
                }
            },
            iter: 2000);

    /// <summary>The model's order is that of the due ring: each metric leaves with the same carrier as in the kernel.</summary>
    [Fact]
    public void TheEgressProgramServesInTheSameOrder()
    {
        using KernelFixture kernel = new();
        const int Metrics = 100, First = 8;
        kernel.Publish(First, new ulong[Metrics]);
        AgeModel model = new(Metrics);
        DurationHistogram real = new();
        ulong[] leftAt = new ulong[Metrics];
        ulong time = 0, records = 0;
        foreach (int room in Enumerable.Range(0, 300).Select(index => 1 + (index * 7919 % 32)))
        {
            time += Millisecond;
            kernel.State[0].MaxValues = (ushort)room;
            (_, ValueRecord[] values) = kernel.Stamp(Frames.Arp());
            foreach (ValueRecord value in values)
            {
                real.Add(time - leftAt[value.Slot - First]);
                leftAt[value.Slot - First] = time;
                // Changes again at once.
                kernel.SetLive(value.Slot, 1, live: true);
            }

            records += (ulong)values.Length;
            model.Carry(time, new TrailerBudget(kernel.State[0].MaxTrailer, room).Values(int.MaxValue));
        }

        Array.ForEach(leftAt, left => real.Add(time - left));
        AgeDistribution ages = model.Finish(time);
        Assert.Equal(records, model.Records);
        Assert.Equal(real.Filled, ages.Intervals.Filled);
    }

    /// <summary>How much a trailer takes is what the program takes.</summary>
    [Fact]
    public void ACarrierTakesAsManyValuesAsTheEgressProgram()
    {
        using KernelFixture kernel = new();
        using NetworkNamespace host = new();
        host.Run(() =>
        {
            host.Command("ip", "link add wire mtu 1500 type veth peer name peer");
            int device = TestLibc.InterfaceIndex("wire");
            kernel.Publish(64, new ulong[64]);
            Gen.Select(Gen.Int[1200, 1472], Gen.Int[32, 1024], Gen.Int[1, 32]).Sample(
                (payload, maxTrailer, maxValues) =>
                {
                    (kernel.State[0].MaxTrailer, kernel.State[0].MaxValues) = ((ushort)maxTrailer, (ushort)maxValues);
                    kernel.SetLive(64, 64, live: true);
                    byte[] frame = Frames.Ipv4Udp(payload), left = kernel.Send(frame, device);
                    int values = left.Length == frame.Length ? 0 : KernelFixture.Read(left.AsSpan(frame.Length..)).Values.Length;
                    Assert.Equal(values, new TrailerBudget(maxTrailer, maxValues).Values(1500 - 28 - payload));
                },
                iter: 500,
                threads: 1);
        });
    }

    /// <summary>What the daemon promises, when it is never late.</summary>
    [Fact]
    public void HeartbeatsBoundTheAgeHoweverTheCarriersCome() =>
        Gen.Select(Carriers, Gen.Int[1, 900], Gen.Int[50, 400]).Sample(
            (carriers, metrics, interval) =>
            {
                HeartbeatModel model = new(metrics, TimeSpan.FromMilliseconds(interval), values: 16);
                ulong time = 0;
                foreach ((ulong gap, int values) in carriers)
                    model.Carry(time += gap, values);
                AgeDistribution ages = model.Finish(time + 2_000_000_000);
                Assert.InRange(ages.Oldest!.Value, 0, interval * 1e-3);
                Assert.True(ages.IsWhole && model.Heartbeats > 0);
            },
            iter: 1000);

    [Fact]
    public void HeartbeatsDoNotLeaveWhereCarriersDoTheirWork()
    {
        HeartbeatModel model = new(metrics: 100, TimeSpan.FromMilliseconds(100), values: 16);
        for (ulong time = Millisecond; time < 2000 * Millisecond; time += Millisecond)
            model.Carry(time, 16);
        _ = model.Finish(2000 * Millisecond);
        Assert.Equal(0ul, model.Heartbeats);
    }

    [Fact]
    public void WithoutCarriersEverythingIsAsOldAsTheObservation()
    {
        AgeDistribution ages = new AgeModel(metrics: 10).Finish(1000 * Millisecond);
        Assert.False(ages.IsWhole);
        Assert.Equal(1, ages.Oldest!.Value, 9);
        Assert.Equal(0.5, ages.Quantile(0.5)!.Value, 2);
    }
}
