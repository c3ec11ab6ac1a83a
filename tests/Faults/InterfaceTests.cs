using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Faults.Tests.Scenes;

namespace OppTel.Faults.Tests;

public sealed class AfPacketInterfaceTests(AfPacketScene scene) : InterfaceTests(scene), IClassFixture<AfPacketScene>;

public sealed class AfXdpInterfaceTests(AfXdpScene scene) : InterfaceTests(scene), IClassFixture<AfXdpScene>;

/// <summary>Interfaces go down and come up, and change their MTU, while everything runs.</summary>
public abstract class InterfaceTests(Scene scene)
{
    private static readonly TimeSpan Absence = TimeSpan.FromSeconds(1);

    private readonly Testbed testbed = scene.Testbed;

    [Theory]
    [InlineData("host", "eth0")]
    [InlineData("dpu", "dpu0")]
    [InlineData("dpu", "dpu1")]
    [InlineData("network", "eth0")]
    public void DownAndUp(string role, string device)
    {
        Set(role, device, "down");
        Thread.Sleep(Absence);
        Set(role, device, "up");
        scene.ResolveForGood();
        scene.ExpectRecovery();
        scene.ExpectAccounted();
    }

    [Theory]
    [InlineData("host", "eth0")]
    [InlineData("dpu", "dpu0")]
    [InlineData("dpu", "dpu1")]
    public void AnotherMtu(string role, string device)
    {
        Set(role, device, "mtu", "1400");
        Thread.Sleep(Absence);
        Set(role, device, "mtu", "1500");
        scene.ExpectRecovery();
        scene.ExpectAccounted();
    }

    private void Set(string role, string device, params string[] change) =>
        Command.Run("ip", ["-n", $"{testbed.Name}-{role}", "link", "set", device, .. change]).Expect();
}
