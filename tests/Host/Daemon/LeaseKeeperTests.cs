using CsCheck;
using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Tests.Daemon;

public class LeaseKeeperTests
{
    private const ulong Millisecond = 1_000_000;
    private const ulong Longest = 400 * Millisecond;
    private const ulong Start = 5_000_000 * Millisecond;
    private readonly LeaseKeeper keeper = new(Longest);

    /// <summary>Whatever the clocks of both sides say: no lease outlives its beacon's sending by more than two, once one came without delay.</summary>
    [Fact]
    public void ALeaseIsShorterByWhatItsBeaconWasHeldUpForTooLong() => Gen.Select(Gen.Long[-(1L << 40), 1L << 40], Gen.ULong[0, 1000].Array[1, 40]).Sample((offset, delays) =>
    {
        LeaseKeeper lease = new(Longest);
        ulong sent = Start;
        lease.Obey(Granting(sent, offset), 1, true, sent);
        Assert.Equal(sent + (300 * Millisecond), lease.Until);
        foreach (ulong delay in delays)
        {
            sent += 100 * Millisecond;
            lease.Obey(Granting(sent, offset), 1, true, sent + (delay * Millisecond));
            ulong until = sent + ((Math.Min(delay, 400) + 300) * Millisecond);
            Assert.Equal(delay < 700 ? until : 0, lease.Until);
        }
    });

    /// <summary>A process that stood still finds beacons of a DPU that may be gone by now.</summary>
    [Fact]
    public void BeaconsThatWaitedInTheSocketGrantNothing()
    {
        ulong sent = Start;
        for (int beacon = 0; beacon < 20; beacon++, sent += 100 * Millisecond)
            keeper.Obey(Granting(sent), 1, true, sent);
        ulong woken = sent + (15_000 * Millisecond);
        for (int beacon = 0; beacon < 20; beacon++, sent += 100 * Millisecond)
        {
            keeper.Obey(Granting(sent), 1, true, woken);
            Assert.Equal(0ul, keeper.Until);
        }

        keeper.Obey(Granting(woken), 1, true, woken + Millisecond);
        Assert.Equal(woken + (301 * Millisecond), keeper.Until);
    }

    [Fact]
    public void ALongerWayIsGotUsedTo()
    {
        for (ulong sent = Start; sent < Start + (60_000 * Millisecond); sent += 100 * Millisecond)
            keeper.Obey(Granting(sent), 1, true, sent + (sent < Start + (30_000 * Millisecond) ? 0 : 600 * Millisecond));
        Assert.Equal(Start + ((60_000 - 100 + 600 + 300) * Millisecond), keeper.Until);
    }

    [Fact]
    public void AnotherDpuHasAnotherClock()
    {
        keeper.Obey(Granting(Start), 1, true, Start);
        keeper.Obey(Granting(Start, offset: -(1L << 40)), 2, true, Start);
        Assert.Equal(Start + (300 * Millisecond), keeper.Until);
    }

    [Fact]
    public void WithoutACatalogOrWithAnUnknownWishNothingIsAppended()
    {
        keeper.Obey(Granting(Start), 1, false, Start);
        Assert.Equal(0ul, keeper.Until);
        keeper.Obey(Granting(Start) with { Flags = BeaconFlags.Mark | BeaconFlags.Tags }, 1, true, Start);
        Assert.NotEqual(0ul, keeper.Until);
        keeper.Obey(Granting(Start) with { Flags = (BeaconFlags)4 }, 1, true, Start);
        Assert.Equal(0ul, keeper.Until);
        keeper.Obey(Granting(Start) with { LeaseMilliseconds = 0 }, 1, true, Start);
        Assert.Equal(0ul, keeper.Until);
        keeper.Obey(Granting(Start) with { LeaseMilliseconds = uint.MaxValue }, 1, true, Start);
        Assert.Equal(Start + Longest, keeper.Until);
    }

    [Fact]
    public void ASilentDpuIsGoneAfterASecond()
    {
        Assert.False(keeper.Hears(Start));
        keeper.Obey(Granting(Start), 1, false, Start);
        Assert.True(keeper.Hears(Start + LeaseKeeper.PeerTimeout - 1));
        Assert.False(keeper.Hears(Start + LeaseKeeper.PeerTimeout));
    }

    private static Beacon Granting(ulong sent, long offset = 0) => new(sent + (ulong)offset, 2, 300, 3, 0, 512);
}
