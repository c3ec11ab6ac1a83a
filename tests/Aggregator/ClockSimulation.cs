using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

/// <summary>A host and a DPU whose clocks differ, drift and step, and trailers that are delayed on the way.</summary>
internal sealed class ClockSimulation(long hostStart, long dpuStart, double drift, Random random)
{
    /// <summary>No trailer is quicker.</summary>
    public const long LeastDelay = 20_000;

    private const ulong Mask = (1ul << 48) - 1;
    private readonly HostClock clock = new();
    private double dpu = dpuStart;
    private double host = hostStart;

    /// <summary>Mean of the delay beyond the least; one in twenty is a hundred times that.</summary>
    public double MeanDelay { get; set; } = 200_000;

    /// <summary>From one trailer to the next, at most.</summary>
    public long LongestGap { get; set; } = 50_000_000;

    public HostClock Clock => clock;

    public long Now => (long)dpu;

    public void StepDpu(long nanoseconds) => dpu += nanoseconds;

    public void StepHost(long nanoseconds) => host += nanoseconds;

    /// <summary>Lets time pass, by the DPU's clock, without a trailer.</summary>
    public void Pass(double nanoseconds)
    {
        dpu += nanoseconds;
        host += nanoseconds / (1 + drift);
    }

    /// <summary>Sends trailers for a while; tells how far the age of each is from the delay that it had beyond the least.</summary>
    public List<double> Run(double seconds)
    {
        List<double> errors = [];
        for (double end = dpu + (seconds * 1e9); dpu < end;)
        {
            Pass(random.NextInt64(1_000_000, LongestGap));
            double beyond = -Math.Log(1 - random.NextDouble()) * MeanDelay * (random.Next(20) == 0 ? 100 : 1);
            ulong arrival = (ulong)(dpu + LeastDelay + beyond);
            long stamp = clock.Follow((ulong)(long)host & Mask, arrival);
            errors.Add(clock.Age(stamp, arrival) - beyond);
        }

        return errors;
    }
}
