using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Dpdk;
using OppTel.Worker;

namespace OppTel.Dataplane.Bypass;

/// <summary>The bypasses of all pairs that have one.</summary>
internal sealed class BypassSet : IDisposable
{
    private readonly List<BypassedPort> ports = [];

    private BypassSet()
    {
    }

    /// <summary>Of no pair.</summary>
    public static BypassSet None { get; } = new();

    /// <summary>
    /// Puts the programs in place, says what passed by those of an earlier process, and takes away what is left of pairs that are no more.
    /// </summary>
    /// <exception cref="OperatorException">The kernel refused; those that are in place stay.</exception>
    public static BypassSet Attach(IReadOnlyList<PairConfiguration> pairs)
    {
        BypassSet set = new();
        try
        {
            RemoveOthers(pairs);
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

    /// <summary>Every interface of this network namespace.</summary>
    public static IEnumerable<(string Name, StandingFilter Filter)> Interfaces()
    {
        foreach (string name in Directory.EnumerateDirectories("/sys/class/net").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal))
        {
            if (NetDevice.TryGetIndex(name, out uint index))
                yield return (name, new StandingFilter(name, (int)index));
        }
    }

    /// <summary>Whether a port has a bypass.</summary>
    public bool Has(PortSpecification port) => ports.Exists(bypassed => bypassed.Port == port);

    /// <summary>What the bypass of a port shares with workers; null where it has none, or shares nothing.</summary>
    public unsafe BypassWatch* WatchOf(PortSpecification port) => ports.Find(bypassed => bypassed.Port == port) is { } bypassed ? bypassed.Watch : null;

    /// <summary>The workers forward now.</summary>
    public void StandBy() => ports.ForEach(port => port.StandBy());

    /// <summary>Packets pass by the kernel again, and go on doing so when this process has ended.</summary>
    public void Dispose()
    {
        ports.ForEach(port => port.Dispose());
        ports.Clear();
    }

    /// <summary>What would send out of our ports besides us, or into our ports: pairs were others, or had a bypass.</summary>
    private static void RemoveOthers(IReadOnlyList<PairConfiguration> pairs)
    {
        PortSpecification[] ours = [.. pairs.SelectMany(pair => new[] { pair.Host, pair.Network }).Where(port => port.IsKernelPort)];
        HashSet<uint> indexes = [.. ours.Select(BypassedPort.IndexOf)];
        HashSet<string> kept = [.. pairs.Where(pair => pair.Bypass).SelectMany(pair => new[] { pair.Host.Interface, pair.Network.Interface })];
        if (indexes.Count == 0)
            return;
        foreach ((string name, StandingFilter filter) in Interfaces().Where(entry => !kept.Contains(entry.Name)))
        {
            if (!BypassedPort.TryFindPeer(filter, out uint peer) || !(indexes.Contains(peer) || ours.Any(port => port.Interface == name)))
                continue;
            filter.Detach();
            Console.Error.WriteLine($"opptel-dataplane: {name}: removed the bypass of a pair that is no more");
        }
    }

    private void Attach(PortSpecification port, PortSpecification peer, bool isHostSide)
    {
        if (BypassedPort.TryCount(new StandingFilter(port.Interface, (int)BypassedPort.IndexOf(port)), out BypassCounts counts))
        {
            Console.Error.WriteLine(
                $"opptel-dataplane: {port.Name}: {counts.Packets} packets passed by the bypass since the last start, {counts.Trimmed} of them lost a trailer");
        }

        ports.Add(BypassedPort.Attach(port, peer, isHostSide));
    }
}
