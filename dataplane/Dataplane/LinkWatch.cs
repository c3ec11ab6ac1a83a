using OppTel.Dpdk;

namespace OppTel.Dataplane;

/// <summary>
/// Says when a kernel interface vanishes under its port. DPDK's drivers do not: they go on with sockets that nothing reaches
/// any more, also when an interface of the same name comes back.
/// </summary>
internal sealed class LinkWatch
{
    private readonly (string Name, uint Index)[] interfaces;

    /// <summary>Notes the interfaces of open ports.</summary>
    public LinkWatch(IEnumerable<OpenPort> ports) =>
        interfaces = [.. from port in ports
                         where NetDevice.TryGetIndex(port.Specification.Interface, out uint _)
                         select (port.Specification.Interface, IndexOf(port.Specification.Interface))];

    /// <summary>Looks at all of them; allocates nothing while they are there.</summary>
    public void Look()
    {
        for (int index = 0; index < interfaces.Length; index++)
        {
            (string name, uint known) = interfaces[index];
            if (known == 0 || IndexOf(name) == known)
                continue;
            // Once: nothing that happens to it from now on reaches the port.
            interfaces[index].Index = 0;
            Console.Error.WriteLine($"opptel-dataplane: {name} is gone: its pair forwards nothing until it is back and the dataplane is started again");
        }
    }

    private static uint IndexOf(string name) => NetDevice.TryGetIndex(name, out uint index) ? index : 0;
}
