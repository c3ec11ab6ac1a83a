using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers.Actions;

/// <summary>Asks the host that a trigger fired for to read metrics more often; the host decides what it grants.</summary>
/// <param name="rule">Which, and how often.</param>
/// <param name="receiver">Knows the hosts and their catalogs.</param>
/// <param name="book">Takes the wish to the beacons.</param>
/// <param name="clock">The DPU's clock, in nanoseconds.</param>
internal sealed class BoostAction(BoostRule rule, Receiver receiver, BoostBook book, Func<ulong> clock) : ITriggerAction
{
    public string Kind => rule.Kind;

    public Task Run(TriggerEvent happened, CancellationToken cancellation)
    {
        string name = happened.Firing.Host;
        HostReceiver host = receiver.Hosts.FirstOrDefault(host => host.Name == name) ?? throw new TriggerActionException($"the host {name} is gone");
        ulong instance = host.Instance;
        uint[] metrics = [.. host.Catalog.Metrics.Values.Where(metric => rule.Metrics.Any(pattern => pattern.Matches(metric.Name))).Select(metric => metric.Id)];
        // Ids of another sender's catalog mean something else.
        if (host.Instance != instance)
            throw new TriggerActionException($"the host {name} has just restarted");
        string wanted = string.Join(", ", rule.Metrics.Select(pattern => pattern.Text));
        if (metrics.Length == 0)
            throw new TriggerActionException($"the host {name} has no metric {wanted}");
        if (!book.TryRaise(instance, metrics, rule.Interval, clock(), rule.Duration))
            throw new TriggerActionException(
                $"{wanted}: a beacon asks for at most {SegmentLayout.MaxBoosts} metrics, each bucket and each label of one counting, and {metrics.Length} more are too many");
        return Task.CompletedTask;
    }
}
