using OppTel.Configuration;
using OppTel.Dpdk;
using OppTel.Wire;

namespace OppTel.Dataplane.Steering;

/// <summary>
/// The rules by which switches pass what the cores need not see. What no rule takes reaches the cores, as everything does
/// without rules: marked carriers, control frames, and whatever has another source.
/// </summary>
internal sealed class SteeringSet : IDisposable
{
    private readonly Stack<Flow> flows = new();

    /// <summary>Puts the rules of all pairs that have any into the devices; ports are started.</summary>
    /// <param name="pairs">In the order of the ports.</param>
    /// <param name="ports">Host and network of each pair.</param>
    /// <exception cref="OperatorException">A driver cannot; nothing is left behind.</exception>
    public static SteeringSet Install(IReadOnlyList<PairConfiguration> pairs, IReadOnlyList<OpenPort> ports)
    {
        SteeringSet set = new();
        try
        {
            for (int pair = 0; pair < pairs.Count; pair++)
            {
                if (pairs[pair].Steering is { } settings)
                    set.Install(settings, ports[2 * pair], ports[(2 * pair) + 1]);
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Takes the rules out, the last one first.</summary>
    /// <exception cref="DpdkException">A driver refused; the others were tried.</exception>
    public void Dispose()
    {
        DpdkException? first = null;
        while (flows.TryPop(out Flow? flow))
        {
            try
            {
                flow.Dispose();
            }
            catch (DpdkException exception)
            {
                first ??= exception;
            }
        }

        if (first is not null)
            throw first;
    }

    private void Install(SteeringSettings settings, OpenPort host, OpenPort network)
    {
        ushort inner = host.Port.Id, outer = network.Port.Id;
        FlowRule strangers = new() { From = outer, To = FlowRule.Nowhere, EtherType = EtherType.Control };
        ControlFrame.Group.CopyTo(strangers.Destination);
        FlowRule plain = new() { From = inner, To = outer, Priority = 1 };
        settings.HostMac.GetAddressBytes().CopyTo(plain.Source);

        Add(network, $"drop control frames that {network.Specification.Name} receives", strangers);
        Add(network, $"pass what {network.Specification.Name} receives to {host.Specification.Name}", new FlowRule { From = outer, To = inner, Priority = 1 });
        Add(host, $"pass what comes from {Format(settings)} to {network.Specification.Name}", plain);
    }

    private void Add(OpenPort port, string what, FlowRule rule)
    {
        try
        {
            flows.Push(Flow.Create(rule));
        }
        catch (DpdkException exception)
        {
            throw new OperatorException(
                ExitCode.Unavailable,
                $"{port.Specification.Key}: the device of '{port.Specification.Name}' (driver {port.Port.Describe().Driver}) cannot {what}: {exception.Message}; "
                + "leave steering out: every frame then passes the cores",
                exception);
        }
    }

    private static string Format(SteeringSettings settings) => string.Join(':', settings.HostMac.GetAddressBytes().Select(part => $"{part:x2}"));
}
