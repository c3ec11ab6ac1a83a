using CsCheck;
using OppTel.Host.Samplers;

namespace OppTel.Host.Tests.Daemon;

/// <summary>No slot is taken twice, and what is given back can be taken again.</summary>
public class SlotPoolTests
{
    [Fact]
    public void RunsDoNotOverlapAndNothingIsLost() => Gen.Select(Gen.Int[1, 40], Gen.Bool).Array[1, 200].Sample(steps =>
    {
        SlotPool pool = new(1000, 300);
        List<(uint First, int Slots)> taken = [];
        foreach ((int slots, bool give) in steps)
        {
            if (give && taken.Count > 0)
            {
                (uint first, int length) = taken[slots % taken.Count];
                taken.RemoveAt(slots % taken.Count);
                pool.Give(first, length);
            }
            else if (pool.TryTake(slots) is { } first)
            {
                Assert.InRange(first, 1000u, 1300u - (uint)slots);
                Assert.DoesNotContain(taken, run => first < run.First + run.Slots && run.First < first + slots);
                taken.Add((first, slots));
            }

            Assert.Equal(300 - taken.Sum(run => run.Slots), pool.Free);
        }

        taken.ForEach(run => pool.Give(run.First, run.Slots));
        Assert.Equal(1000u, pool.TryTake(300));
        Assert.Null(pool.TryTake(1));
    });
}
