using System.Diagnostics;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Waits for what the kernel does in its own time.</summary>
internal static class Wait
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Waits until a condition holds, and fails after twenty seconds.</summary>
    public static void Until(Func<bool> condition, string what)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(2))
            Assert.True(watch.Elapsed < Longest, $"waited in vain until {what}");
    }
}
