namespace OppTel.Anomaly.Tests;

/// <summary>Loads that are stationary in different ways; each call makes one with a randomness of its own.</summary>
internal static class Loads
{
    public static IReadOnlyDictionary<string, Func<int, Func<double, Load>>> All { get; } = new Dictionary<string, Func<int, Func<double, Load>>>
    {
        ["gaussian"] = seed => With(seed, (random, _) => 1 + (0.15 * Normal(random))),
        ["heavy tails"] = seed => With(seed, (random, _) => Math.Min(20, 0.5 * Math.Pow(random.NextDouble(), -1 / 2.5))),
        ["bursts"] = seed => With(seed, Bursts()),
        ["wandering with jobs"] = seed => With(seed, Wandering()),
        ["diurnal drift"] = seed => With(seed, (random, time) => (1 + (0.6 * Math.Sin(2 * Math.PI * time / 3600))) * (1 + (0.1 * Normal(random)))),
    };

    /// <summary>Loads that nothing is tuned on: they are looked at once, when the settings are settled.</summary>
    public static IReadOnlyDictionary<string, Func<int, Func<double, Load>>> HeldOut { get; } = new Dictionary<string, Func<int, Func<double, Load>>>
    {
        ["regimes"] = seed => With(seed, Regimes()),
        ["collections"] = seed => With(seed, (random, time) => (1 + (0.1 * Normal(random))) * (time % 7 < 0.12 ? 2.5 : 1)),
        ["ramps"] = seed => With(seed, (random, time) => (0.4 + (1.6 * (time % 240) / 240)) * (1 + (0.1 * Normal(random)))),
        ["batches"] = seed => With(seed, Batches()),
        ["heavy sessions"] = seed => With(seed, Sessions()),
    };

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

    /// <summary>A load that wanders within seconds, and has jobs of 200 ms now and then that double it.</summary>
    private static Func<Random, double, double> Wandering()
    {
        double level = 0;
        int left = 0;
        return (random, _) =>
        {
            level = (0.995 * level) + (0.05 * Normal(random));
            left = left > 0 ? left - 1 : random.NextDouble() < 0.0005 ? 40 : 0;
            return Math.Exp(level - 0.5) * (left > 0 ? 2 : 1);
        };
    }

    /// <summary>One of three levels for ten seconds on average.</summary>
    private static Func<Random, double, double> Regimes()
    {
        double level = 1;
        return (random, _) =>
        {
            if (random.NextDouble() < 0.0005)
                level = 0.5 * (1 << random.Next(3));
            return level * (1 + (0.15 * Normal(random)));
        };
    }

    /// <summary>Batches of one to five seconds at up to three times the load, about each half minute.</summary>
    private static Func<Random, double, double> Batches()
    {
        double left = 0, height = 1;
        return (random, _) =>
        {
            left -= 0.005;
            if (left < 0 && random.NextDouble() < 0.005 / 30)
                (left, height) = (1 + (4 * random.NextDouble()), 1.5 + (1.5 * random.NextDouble()));
            return (left > 0 ? height : 1) * (1 + (0.12 * Normal(random)));
        };
    }

    /// <summary>Sessions that come at random, some of which last long: their number swings over all times.</summary>
    private static Func<Random, double, double> Sessions()
    {
        List<double> ends = [];
        double now = 0;
        return (random, _) =>
        {
            now += 0.005;
            if (random.NextDouble() < 0.05)
                ends.Add(now + Math.Min(60, 0.3 * Math.Pow(random.NextDouble(), -1 / 1.5)));
            ends.RemoveAll(end => end < now);
            return (0.1 + (ends.Count * 0.1)) * (1 + (0.1 * Normal(random)));
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
