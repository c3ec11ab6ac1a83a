using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Testbeds.Links;
using OppTel.Faults.Tests.Scenes;

namespace OppTel.Faults.Tests;

public sealed class AfPacketProcessTests(AfPacketScene scene) : ProcessTests(scene), IClassFixture<AfPacketScene>
{
    /// <summary>The kernel goes on for it: what its ports got copies of.</summary>
    [Fact]
    public void ADataplaneThatStandsStillHoldsNothingUp()
    {
        long sent = 0, arrived = 0;
        StandStill(Scene.Dataplane, () => (sent, arrived) = (Scene.SentFromHost, Scene.SentFromHost - Scene.LostFromHost), () =>
        {
            sent = Scene.SentFromHost - sent;
            arrived = Scene.SentFromHost - Scene.LostFromHost - arrived;
        });
        Console.WriteLine($"    {arrived} of {sent} datagrams arrived while the dataplane stood still");
        // All but those of the time after which it counts as standing still, and those that it had and has not passed on.
        Assert.True(arrived > sent * 0.9, $"{arrived} of {sent} datagrams arrived");
        Scene.ExpectAccounted();
        Assert.Equal(0, Scene.Duplicates);
    }
}

public sealed class AfXdpProcessTests(AfXdpScene scene) : ProcessTests(scene), IClassFixture<AfXdpScene>
{
    /// <summary>Its ports hold their packets: without systemd's watchdog nobody ends that.</summary>
    [Fact]
    public void ADataplaneThatStandsStill()
    {
        StandStill(Scene.Dataplane);
        Scene.ExpectAccounted();
        Assert.Equal(0, Scene.Duplicates);
    }
}

/// <summary>Each of the three programs is killed and started again, or stands still for five seconds, under load.</summary>
public abstract class ProcessTests(Scene scene)
{
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(5), Absence = TimeSpan.FromSeconds(1);

    private readonly Testbed testbed = scene.Testbed;

    private protected Scene Scene => scene;

    [Fact]
    public void AKilledAggregator()
    {
        // What it has taken and what it will take are told apart by a pause of the trailers.
        scene.Link.ToDpu.Faults = new LinkFaults { Loss = 1, Only = LinkFaults.Stamped };
        Thread.Sleep(300);
        scene.Aggregator.Kill();
        scene.ForgetTrailers();
        scene.Link.ToDpu.Faults = LinkFaults.None;
        WithoutLoss(() =>
        {
            Thread.Sleep(Absence);
            scene.Aggregator = testbed.StartAggregator();
            scene.ExpectRecovery();
        });
        scene.ExpectCounted();
    }

    [Fact]
    public void AnAggregatorThatStandsStill()
    {
        WithoutLoss(() => StandStill(scene.Aggregator));
        scene.ExpectCounted();
    }

    [Fact]
    public void AKilledDaemon()
    {
        WithoutLoss(() =>
        {
            scene.Host.Kill();
            Thread.Sleep(100);
            scene.Link.ToDpu.Trailers.BeginSender();
            Thread.Sleep(Absence);
            scene.Host = testbed.StartHost();
            scene.ExpectRecovery();
        });
        scene.ExpectCounted();
    }

    [Fact]
    public void ADaemonThatStandsStill()
    {
        WithoutLoss(() => StandStill(scene.Host));
        scene.ExpectCounted();
    }

    [Fact]
    public void AKilledDataplane()
    {
        scene.Dataplane.Kill();
        Thread.Sleep(Absence);
        scene.Dataplane = testbed.StartDataplane();
        scene.ExpectRecovery();
        scene.ExpectAccounted();
        Assert.Equal(0, scene.Duplicates);
    }

    [Fact]
    public void ADataplaneThatIsReplaced()
    {
        scene.Dataplane.Terminate();
        scene.Dataplane = testbed.StartDataplane();
        scene.ExpectRecovery();
        scene.ExpectAccounted();
        Assert.Equal(0, scene.Duplicates);
    }

    /// <summary>It dies before it forwards, while it takes over, and shortly after.</summary>
    [Fact]
    public void ADataplaneInACrashLoop()
    {
        foreach (int life in new[] { 50, 200, 400, 800, 1600 })
        {
            scene.Dataplane.Kill();
            scene.Dataplane = testbed.StartDataplane();
            Thread.Sleep(life);
        }

        scene.Dataplane.Kill();
        scene.Dataplane = testbed.StartDataplane();
        scene.ExpectRecovery();
        scene.ExpectAccounted();
        Assert.Equal(0, scene.Duplicates);
    }

    private protected void StandStill(RunningProgram program, Action? begun = null, Action? ending = null)
    {
        program.Signal("STOP");
        begun?.Invoke();
        Thread.Sleep(Standstill);
        ending?.Invoke();
        program.Signal("CONT");
        scene.ExpectRecovery();
    }

    /// <summary>Not a datagram is lost meanwhile.</summary>
    private void WithoutLoss(Action fault)
    {
        long before = 0;
        scene.Quietly(() => before = scene.LostFromHost + scene.LostFromNetwork);
        fault();
        scene.Quietly(() => Assert.Equal(before, scene.LostFromHost + scene.LostFromNetwork));
    }
}
