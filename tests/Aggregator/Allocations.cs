namespace OppTel.Aggregator.Tests;

/// <summary>Proves that something allocates nothing.</summary>
internal static class Allocations
{
    private const int Rounds = 10;

    /// <summary>
    /// Fails unless a round allocates nothing on this thread. The runtime itself may allocate once, when it compiles the code
    /// anew or a collection moves the thread to another piece of the heap: what allocates by itself does so in every round.
    /// </summary>
    /// <param name="round">Thousands of repetitions; gets the number of the round.</param>
    public static void AssertNone(Action<int> round)
    {
        long least = long.MaxValue;
        for (int number = 0; number < Rounds; number++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round(number);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
