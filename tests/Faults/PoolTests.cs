using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Faults.Tests.Sabotage;
using OppTel.Faults.Tests.Scenes;

namespace OppTel.Faults.Tests;

/// <summary>The dataplane's mbufs are used up for a while: frames are lost as a NIC without descriptors loses them, and then all is well.</summary>
public sealed class PoolTests : IDisposable
{
    private static readonly TimeSpan Famine = TimeSpan.FromSeconds(2);

    private readonly Library hunger = new("HungryPool.c", [.. Command.Run("pkg-config", "--cflags", "libdpdk").Expect().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]);

    public void Dispose() => hunger.Dispose();

    /// <summary>Asked for by name: what it finds is not mended yet (changes are seen late after the second famine over af_packet).</summary>
    [Theory(Explicit = true)]
    [InlineData("af_xdp")]
    [InlineData("af_packet")]
    public void WithoutMbufsFramesAreLostAndNothingElse(string driver)
    {
        using SabotagedScene scene = new(driver, hunger);
        for (int round = 0; round < 2; round++)
        {
            long before = scene.LostFromHost;
            hunger.Say(1);
            Thread.Sleep(Famine);
            hunger.Say(0);
            Assert.True(scene.LostFromHost > before, "no datagram was lost: the famine was none");
            scene.ExpectRecovery();
            scene.ExpectAccounted();
        }
    }
}
