using OppTel.Faults.Tests.Sabotage;
using OppTel.Faults.Tests.Scenes;

namespace OppTel.Faults.Tests;

/// <summary>
/// Somebody sets the wall clock of host and DPU: ages, leases and trailers do not care. (The clock of this machine stays as it is: the
/// programs are told another one.)
/// </summary>
public sealed class ClockTests : IDisposable
{
    private readonly Library clock = new("SteppedClock.c");
    private readonly SabotagedScene scene;

    public ClockTests() => scene = new SabotagedScene("af_xdp", clock);

    public void Dispose()
    {
        scene.Dispose();
        clock.Dispose();
    }

    [Fact]
    public void TheWallClockIsSetForwardAndBack()
    {
        foreach (TimeSpan step in new[] { TimeSpan.FromHours(1), TimeSpan.FromDays(-400), TimeSpan.FromSeconds(-2), TimeSpan.Zero })
        {
            clock.Say((long)step.TotalSeconds);
            scene.Testbed.WaitFor("the step", () => Math.Abs((ClockOfTheAggregator() - DateTimeOffset.UtcNow - step).TotalSeconds) < 3);
            scene.ExpectRecovery();
            scene.ExpectCounted();
        }

        scene.Quietly(() => Assert.Equal(0, scene.LostFromHost + scene.LostFromNetwork));
    }

    private DateTimeOffset ClockOfTheAggregator()
    {
        using HttpClient client = new();
        using HttpResponseMessage answer = client.GetAsync($"http://{scene.Testbed.Address}:9435/healthz").GetAwaiter().GetResult();
        return answer.Headers.Date!.Value;
    }
}
