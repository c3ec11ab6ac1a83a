using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>What the DPU says at a moment, and what others say from before it was read until after that.</summary>
/// <param name="Accounts">In the order of time.</param>
/// <param name="Ours">A scrape just before the last of them.</param>
internal sealed record Look(IReadOnlyList<Account> Accounts, Exposition Ours)
{
    /// <summary>Longer than a second, in which the daemon reads everything once, and 200 ms, in which changes leave.</summary>
    private const int LongLooks = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Looks.</summary>
    /// <param name="scene">At what.</param>
    /// <param name="looks">Fewer where nothing is compared that the daemon reads.</param>
    public static Look Take(Scene scene, int looks = LongLooks)
    {
        List<Account> accounts = [];
        for (int look = 0; look < looks; look++)
        {
            accounts.Add(new Account(scene));
            Thread.Sleep(Pause);
        }

        Exposition ours = scene.Testbed.DpuMetrics();
        return new Look([.. accounts, new Account(scene)], ours);
    }
}

/// <summary>A loaded window: looks before it, while its CPUs are crowded, and after it.</summary>
internal sealed record Window(Look Before, Look Crowd, Look After, Recorder Recorder)
{
    /// <summary>What the buckets of a histogram of ours grew by, with what their values are below.</summary>
    public (double Bound, double Count)[] Buckets(string metric, (string Name, string Value)[] labels)
    {
        (double Bound, double Value)[] before = Before.Ours.Buckets(metric, labels), after = After.Ours.Buckets(metric, labels);
        double[] grown = [.. after.Select((bucket, index) => bucket.Value - (before.Length > 0 ? before[index].Value : 0))];
        return [.. after.Select((bucket, index) => (bucket.Bound, grown[index] - (index > 0 ? grown[index - 1] : 0)))];
    }
}
