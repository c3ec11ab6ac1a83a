using OppTel.Dpdk;

namespace OppTel.Dataplane.Tests;

/// <summary>What makes the program refuse a native library.</summary>
public class ShimTests
{
    [Fact]
    public void EveryDifferenceOfALayoutIsNamed()
    {
        LayoutField[] compiled = [new("a", 0, 64), new("a.x", 8, 4), new("a.y", 12, 2), new("b", 0, 8)];
        LayoutField[] believed = [new("a", 0, 128), new("a.x", 8, 4), new("a.y", 16, 2), new("c", 0, 1)];
        Assert.Equal(
            [
                "a is at 0 with 64 bytes, not at 0 with 128",
                "a.y is at 12 with 2 bytes, not at 16 with 2",
                "c is unknown to the shim",
            ],
            LayoutField.Differences(believed, compiled));
        Assert.Empty(LayoutField.Differences(compiled, compiled));
    }

    [Fact]
    public void AViewThatTheHeadersContradictIsRefused()
    {
        Assert.False(Shim.TryOpen([new LayoutField("opptel_footer.magic", 20, 2)], out string reason));
        Assert.Contains("opptel_footer.magic is at 22 with 2 bytes, not at 20 with 2; rebuild it", reason, StringComparison.Ordinal);
        Assert.True(Shim.TryOpen(WireLayouts.All, out reason), reason);
    }

    [Theory]
    [InlineData("DPDK 22.11.11", "22.11")]
    [InlineData("DPDK 23.03.0", "23.3")]
    [InlineData("DPDK 23.3.0", "23.3")]
    [InlineData("MLNX_DPDK 22.11.2504.1.0", "22.11")]
    [InlineData("DPDK 24.11.0-rc1", "24.11")]
    public void OnlyTheReleaseOfAVersionCounts(string version, string release) => Assert.Equal(release, Shim.Release(version));
}
