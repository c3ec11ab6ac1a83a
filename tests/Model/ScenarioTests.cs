namespace OppTel.Model.Tests;

/// <summary>Histories that the model found, each of which once went wrong.</summary>
public sealed class ScenarioTests : IDisposable
{
    private readonly Explorer explorer = new(new Budget());

    public void Dispose() => explorer.Dispose();

    /// <summary>Both daemons have heard a beacon lately: the later one counts, or the new daemon would be shut out for good.</summary>
    [Fact]
    public void ALateCatalogOfADaemonThatIsGoneDoesNotShutTheNextOneOut() => AssertRecovers(
        Step.Time, Step.ToHost, Step.Time, Step.RestartHost, Step.ToHost, Step.Time, Step.ToDpuOvertaking);

    /// <summary>The new daemon has heard an older beacon than the one before it: it is taken for gone, until its next word.</summary>
    [Fact]
    public void ADaemonThatHeardAnOlderBeaconThanTheOneBeforeComesBack() => AssertRecovers(
        Step.Time, Step.Time, Step.ToHostOvertaking, Step.Time, Step.RestartHost, Step.ToHost, Step.Time, Step.ToDpuOvertaking);

    /// <summary>The same as somebody's doing, who sends again what he has recorded.</summary>
    [Fact]
    public void ARecordedCatalogOfADaemonThatIsGoneDoesNotShutTheNextOneOut() => AssertRecovers(
        [.. explorer.Work(4, Step.Birth), Step.RestartHost, Step.Time, Step.ToHost, Step.Time, Step.ToDpu, Step.ReplayCatalog]);

    /// <summary>A beacon of the dataplane before comes behind the first one of the next, which knows of no host yet.</summary>
    [Fact]
    public void ALateBeaconOfADataplaneThatIsGoneDoesNotShutTheNextOneOut() => AssertRecovers(
        [.. explorer.Work(6, Step.Birth), Step.Time, Step.RestartDataplane, Step.StallAggregator, Step.Time, Step.Time, Step.ToHostOvertaking]);

    private void AssertRecovers(params Step[] steps)
    {
        string? wrong = explorer.Replay(steps, out World world) ?? Explorer.Recover(world, steps);
        if (wrong is not null)
            Assert.Fail(wrong);
    }
}
