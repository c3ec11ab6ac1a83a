namespace OppTel.Anomaly.Tests;

/// <summary>Loads that are stationary in different ways; each call makes one with a randomness of its own.</summary>
internal static class Loads
{
    public static IReadOnlyDictionary<string, Func<int, Func<double, Load>>> All { get; } = new Dictionary<string, Func<int, Func<double, Load>>>
    {
        ["gaussian"] = seed => With(seed, (random, _) => 1 + (0.15 * Normal(random))),
        ["heavy tails"] = seed => With(seed, (random, _) => Math.Min(20, 0.5 * Math.Pow(random.NextDouble(), -1 / 2.5))),
        ["bursts"] = seed => With(seed, Bursts()),
        ["diurnal drift"] = seed => With(seed, (random, time) => (1 + (0.6 * Math.Sin(2 * Math.PI * time / 3600))) * (1 + (0.1 * Normal(random)))),
    };

    /// <summary>One that nothing was tuned on: a load that wanders, with jobs of 200 ms now and then.</summary>
    public static Func<double, Load> HeldOut(int seed)
    {
        double level = 0;
        int left = 0;
        return With(seed, (random, _) =>
        {
            level = (0.995 * level) + (0.05 * Normal(random));
            left = left > 0 ? left - 1 : random.NextDouble() < 0.0005 ? 40 : 0;
            return Math.Exp(level - 0.5) * (left > 0 ? 2 : 1);
        });
    }

    /// <summary>A host that serves requests: one factor drives most of what it does.</summary>
    private static Func<double, Load> With(int seed, Func<Random, double, double> factor)
    {
        Random random = new(seed);
        double memory = 0;
        return time =>
        {
            double requests = Math.Max(0.02, factor(random, time));
            memory = (memory * 0.9995) + (Normal(random) * 300_000);
            return new Load(
                Cpu: Math.Min(2, 0.5 * requests * Jitter()),
                Bytes: 20e6 * requests * Jitter(),
                Switches: 8000 * requests * Jitter(),
                Queue: Math.Round(Math.Max(0, requests + (0.5 * Normal(random)))),
                Writes: Poisson(random, 1 * requests) * 200,
                Memory: memory,
                Faults: 500 * Jitter(),
                QuietCpu: random.NextDouble() < 0.001 ? 0.5 : 0.002 * Jitter(),
                Retransmits: random.NextDouble() < 0.002 ? 200 : 0);
        };

        double Jitter() => Math.Max(0.05, 1 + (0.2 * Normal(random)));
    }

    /// <summary>On for 50 ms on average, four times the load, and off for a second.</summary>
    private static Func<Random, double, double> Bursts()
    {
        bool isOn = false;
        return (random, _) =>
        {
            if (random.NextDouble() < (isOn ? 0.1 : 0.005))
                isOn = !isOn;
            return (isOn ? 3 : 0.7) * (1 + (0.1 * Normal(random)));
        };
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static int Poisson(Random random, double mean)
    {
        int count = 0;
        for (double product = random.NextDouble(), limit = Math.Exp(-mean); product > limit; product *= random.NextDouble())
            count++;
        return count;
    }
}
