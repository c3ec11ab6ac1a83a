using System.Diagnostics;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>Waits for conditions instead of for time.</summary>
internal static class Poll
{
    /// <summary>Longest wait for something that takes a moment on an idle machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Waits until a condition holds; fails after a limit, by default <see cref="Patience"/>.</summary>
    /// <param name="what">What is waited for.</param>
    /// <param name="condition">Asked every few milliseconds; one that throws an I/O error does not hold yet.</param>
    /// <param name="explain">More for the message of a failure.</param>
    /// <param name="limit">Where the wait itself is bounded by a promise.</param>
    public static void Until(string what, Func<bool> condition, Func<string>? explain = null, TimeSpan? limit = null)
    {
        string last = "";
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < (limit ?? Patience); Thread.Sleep(10))
        {
            try
            {
                if (condition())
                    return;
                last = "";
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
            {
                last = exception.Message;
            }
        }

        Assert.Fail($"no sign of {what} after {(limit ?? Patience).TotalSeconds} s; {last}\n{explain?.Invoke()}");
    }
}
