using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Dataplane.Bypass;

/// <summary>The bypasses of all pairs that have one.</summary>
internal sealed class BypassSet : IDisposable
{
    private readonly List<BypassedPort> ports = [];

    private BypassSet()
    {
    }

    /// <summary>Puts the programs in place, and says what passed by those of an earlier process.</summary>
    /// <exception cref="OperatorException">The kernel refused; those that are in place stay.</exception>
    public static BypassSet Attach(IEnumerable<PairConfiguration> pairs)
    {
        BypassSet set = new();
        try
        {
            foreach (PairConfiguration pair in pairs.Where(pair => pair.Bypass))
            {
                set.Attach(pair.Host, pair.Network, isHostSide: true);
                set.Attach(pair.Network, pair.Host, isHostSide: false);
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>The workers forward now.</summary>
    public void StandBy() => ports.ForEach(port => port.StandBy());

    /// <summary>Packets pass by the kernel again, and go on doing so when this process has ended.</summary>
    public void Dispose()
    {
        ports.ForEach(port => port.Dispose());
        ports.Clear();
    }

    private void Attach(PortSpecification port, PortSpecification peer, bool isHostSide)
    {
        if (BypassedPort.TryCount(port, out BypassCounts counts))
        {
            Console.Error.WriteLine(
                $"opptel-dataplane: {port.Name}: {counts.Packets} packets passed by the bypass since the last start, {counts.Trimmed} of them lost a trailer");
        }

        ports.Add(BypassedPort.Attach(port, peer, isHostSide));
    }
}
