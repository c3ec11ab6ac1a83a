namespace OppTel.Sketches.Tests;

/// <summary>Bytes that something allocates.</summary>
internal static class Allocations
{
    private const int Rounds = 10;

    /// <summary>
    /// The bytes that every round allocates on this thread. The runtime itself may allocate once, when it compiles the code anew:
    /// what allocates by itself does so in every round.
    /// </summary>
    public static long Of(Action round)
    {
        long least = long.MaxValue;
        for (int number = 0; number < Rounds; number++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
