using CsCheck;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

public class ReplayWindowTests
{
    [Fact]
    public void EveryCounterPassesOnceAndOldOnesDoNotPass()
    {
        Gen.Select(Gen.ULong[0, ulong.MaxValue - 1000], Gen.ULong[0, 300].Array[1, 300]).Sample((start, offsets) =>
        {
            ReplayWindow window = default;
            HashSet<ulong> accepted = [];
            foreach (ulong offset in offsets)
            {
                ulong counter = start + offset;
                bool isFresh = accepted.Count == 0 || (!accepted.Contains(counter) && accepted.Max() < counter + 64);
                Assert.Equal(isFresh, window.TryAccept(counter));
                if (isFresh)
                    accepted.Add(counter);
            }
        });
    }
}
