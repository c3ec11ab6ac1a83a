using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Host.Scheduling;
using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Ages;

/// <summary>A testbed whose host brings metrics that tell when they changed.</summary>
internal sealed class AgeBed : IDisposable
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private readonly Arrivals arrivals;
    private readonly ChangingMetrics metrics;

    public AgeBed()
    {
        // The tap on the DPU's port sees what this driver sees.
        Bed = new Testbed(driver: "af_packet");
        try
        {
            File.AppendAllText(Bed["host.yaml"], $"producers: {{ socket: {Bed["producers.sock"]}, interval: 5ms }}\n");
            arrivals = new Arrivals(Bed);
            (_, _, Host) = Bed.StartAll();
            string mac = Bed.Run("network", "cat", "/sys/class/net/eth0/address").Expect().Trim();
            Bed.Run("host", "ip", "neigh", "replace", Testbed.NetworkAddress, "lladdr", mac, "dev", "eth0", "nud", "permanent").Expect();
            metrics = new ChangingMetrics(Bed);
            Bed.WaitFor("the metrics that tell when they changed", () => arrivals.Of(ChangingMetrics.Rare).Count > 3);
        }
        catch
        {
            arrivals?.Dispose();
            metrics?.Dispose();
            Bed.Dispose();
            throw;
        }
    }

    public static TimeSpan Bound => MetricClass.Defaults[1].MaxAge;

    public Testbed Bed { get; }

    public RunningProgram Host { get; }

    public void Dispose()
    {
        metrics.Dispose();
        arrivals.Dispose();
        Bed.Dispose();
    }

    /// <summary>Runs a pattern of traffic and tells what it made of the ages, once what waited before has left.</summary>
    public AgeFigures Measure(Pattern pattern, TimeSpan duration)
    {
        pattern.Run(Bed, WarmUp);
        ulong from = Boottime.Now / 1000;
        (double heartbeats, double trailers) = Counted();
        double pause = pattern.Run(Bed, duration);
        (double heartbeatsAfter, double trailersAfter) = Counted();
        ulong to = Boottime.Now / 1000;
        double seconds = (to - from) / 1e6;
        // What changed last has to arrive, and to be read by the tap.
        Thread.Sleep(2 * Bound);
        return new AgeFigures(
            pattern.Name,
            AgeQuantiles.Of(metrics.Changes(ChangingMetrics.Steady, from, to), arrivals.Of(ChangingMetrics.Steady)),
            AgeQuantiles.Of(metrics.Changes(ChangingMetrics.Rare, from, to), arrivals.Of(ChangingMetrics.Rare)),
            Bound.TotalMilliseconds,
            (heartbeatsAfter - heartbeats) / seconds,
            (trailersAfter - trailers - (heartbeatsAfter - heartbeats)) / seconds,
            pause,
            metrics.LongestGap(from, to) / 1e3);
    }

    private (double Heartbeats, double Trailers) Counted()
    {
        Exposition host = Bed.HostMetrics();
        return (host.Sum("opptel_host_heartbeats_total"), host.Sum("opptel_host_trailers_total"));
    }
}
