using OppTel.EndToEnd.Tests.Testbeds.Links;
using OppTel.Faults.Tests.Scenes;

namespace OppTel.Faults.Tests;

public sealed class AfPacketLinkTests(AfPacketScene scene) : LinkTests(scene), IClassFixture<AfPacketScene>;

/// <summary>One fault at a time.</summary>
public sealed class AfXdpLinkTests(AfXdpScene scene) : LinkTests(scene), IClassFixture<AfXdpScene>
{
    [Theory]
    [InlineData(0.001)]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    public void Loss(double share) => Meet(new LinkFaults { Loss = share });

    [Fact]
    public void LossOfTrailersAlone() => Meet(new LinkFaults { Loss = 0.5, Only = LinkFaults.Stamped });

    [Fact]
    public void Duplication() => Meet(new LinkFaults { Duplication = 0.2 });

    [Fact]
    public void Reordering() => Meet(new LinkFaults { Reordering = 0.1 });

    [Fact]
    public void Corruption() => Meet(new LinkFaults { Corruption = 0.05 });

    [Fact]
    public void Delay() => Meet(new LinkFaults { Delay = TimeSpan.FromMilliseconds(30), Jitter = TimeSpan.FromMilliseconds(20) });
}

/// <summary>Whatever the link does to frames, applications and telemetry suffer that and nothing more.</summary>
public abstract class LinkTests(Scene scene)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    [Fact]
    public void AllAtOnce() => Meet(new LinkFaults
    {
        Loss = 0.02,
        Duplication = 0.02,
        Reordering = 0.02,
        Corruption = 0.02,
        Delay = TimeSpan.FromMilliseconds(2),
        Jitter = TimeSpan.FromMilliseconds(5),
    });

    [Fact]
    public void ACut() => Meet(LinkFaults.Cut);

    private protected void Meet(LinkFaults faults)
    {
        scene.Link.Faults = faults;
        Thread.Sleep(Duration);
        scene.Link.Faults = LinkFaults.None;
        scene.AssertUnharmed();
        scene.ExpectRecovery();
        scene.ExpectCounted();
        scene.Quietly(() =>
        {
            LinkCounts up = scene.Link.ToDpu.Counts, down = scene.Link.ToHost.Counts;
            // Checksums of the packets catch what is changed, so it is lost.
            Assert.InRange(scene.LostFromHost, 0, up.Lost + up.Corrupted + up.Refused);
            Assert.InRange(scene.LostFromNetwork, 0, down.Lost + down.Corrupted + down.Refused);
            Assert.InRange(scene.Duplicates, 0, up.Duplicated + down.Duplicated);
        });
    }
}
