using OppTel.Segment;

namespace OppTel.Dataplane.Steering;

/// <summary>Says when a host's control frames come from another address than the one that steering was told.</summary>
internal sealed class SteeringWatch
{
    private readonly Forwarder forwarder;
    private readonly (string Pair, int Port, bool Told)[] pairs;

    /// <summary>A watch over the pairs that have rules.</summary>
    public SteeringWatch(Forwarder forwarder, IReadOnlyList<PairConfiguration> all)
    {
        this.forwarder = forwarder;
        pairs = [.. from pair in Enumerable.Range(0, all.Count) where all[pair].Steering is not null select (all[pair].Name, 2 * pair, false)];
    }

    /// <summary>Looks at all of them; allocates nothing while addresses agree.</summary>
    public void Look()
    {
        foreach (ref (string Pair, int Port, bool Told) pair in pairs.AsSpan())
        {
            if (pair.Told || Foreign(pair.Port) == 0)
                continue;
            pair.Told = true;
            Console.Error.WriteLine(
                $"opptel-dataplane: {pair.Pair}: control frames come from another address than steering.host_mac: they are dropped, and that host appends "
                + "nothing; set host_mac to what ip link on the host shows for its interface");
        }
    }

    private ulong Foreign(int port)
    {
        ulong sum = 0;
        for (int worker = 0; worker < forwarder.Workers.Length; worker++)
            sum += forwarder.Segment.PortCounters(worker, port)[(int)PortCounter.ControlForeign];
        return sum;
    }
}
