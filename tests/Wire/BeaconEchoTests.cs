using CsCheck;

namespace OppTel.Wire.Tests;

public sealed class BeaconEchoTests
{
    private const ulong Millisecond = 1_000_000;

    [Fact]
    public void AnEchoIsFreshForAsLongAsIsAskedAndForItsOwnDpu() => Gen.Select(Gen.ULong[0, 1ul << 60], Gen.ULong, Gen.UInt[0, 5000]).Sample((time, instance, age) =>
    {
        uint echo = BeaconEcho.Of(time, instance);
        Assert.NotEqual(0u, echo);
        Assert.Equal(age <= 3000, BeaconEcho.IsFresh(echo, ((time / Millisecond) + age) * Millisecond, instance, 3000));
        Assert.False(BeaconEcho.IsFresh(echo, time, instance ^ (1ul << 31), 3000));
        Assert.False(BeaconEcho.IsFresh(0, time, instance, 3000));
    });
}
