namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>Whatever the host's packets do, the DPU knows of a change within its maximum age; carriers that suffice need no heartbeats.</summary>
public sealed class AgeTests : IDisposable
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(6);
    private readonly AgeBed ages = new();

    public void Dispose() => ages.Dispose();

    [Fact]
    public void AgesStayWithinTheirBoundUnderAnyTraffic()
    {
        double bound = AgeBed.Bound.TotalMilliseconds;
        double silent = 0;
        foreach (Pattern pattern in Pattern.All)
        {
            AgeFigures figures = ages.Measure(pattern, Duration);
            TestContext.Current.TestOutputHelper?.WriteLine($"{figures}");
            // A machine that stops for a while stops the daemon too: such times are this machine's, and told beside.
            double least = bound + (2 * figures.GapMilliseconds);
            Assert.True(figures.Steady.Changes > 500 && figures.Rare.Changes > 3, $"{figures}");
            Assert.True(figures.Steady.Median < bound, $"{figures}");
            Assert.True(figures.Steady.P99 < least && figures.Rare.Greatest < least, $"{figures}");
            Assert.True(pattern.HasCarriers || figures.Heartbeats > 1, $"{figures}");
            silent = pattern.HasCarriers ? silent : Math.Max(silent, figures.Heartbeats);
            // Carriers that come as they should leave little to heartbeats: none, where nothing else has the machine.
            Assert.True(pattern.Name != "enough_carriers" || figures.PauseMilliseconds > bound / 2 || figures.Heartbeats < silent / 3, $"{figures}, {silent}");
        }
    }

    /// <summary>A daemon that was stopped says what it cost: deadlines are missed, it knows that it was late, and goes on.</summary>
    [Fact]
    public void ADaemonThatWasHeldUpSaysSo()
    {
        double late = ages.Bed.HostMetrics().Sum("opptel_host_looks_late_total");
        double missed = ages.Bed.HostMetrics().Sum("opptel_host_deadlines_total", ("deadline", "missed"));
        ages.Host.Signal("STOP");
        // Less than its lease, which would end with it.
        Thread.Sleep(330);
        ages.Host.Signal("CONT");
        ages.Bed.WaitFor("a late look", () => ages.Bed.HostMetrics().Sum("opptel_host_looks_late_total") > late);
        ages.Bed.WaitFor("missed deadlines", () => ages.Bed.HostMetrics().Sum("opptel_host_deadlines_total", ("deadline", "missed")) > missed);
        AgeFigures figures = ages.Measure(Pattern.All[0], TimeSpan.FromSeconds(3));
        Assert.True(figures.Steady.P99 < AgeBed.Bound.TotalMilliseconds + (2 * figures.GapMilliseconds), $"{figures}");
    }
}
