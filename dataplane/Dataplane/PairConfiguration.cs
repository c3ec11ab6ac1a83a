using OppTel.Dataplane.Steering;
using OppTel.Wire;

namespace OppTel.Dataplane;

/// <summary>How DPDK reaches a port.</summary>
internal enum PortDriver
{
    /// <summary>A kernel interface through AF_XDP sockets.</summary>
    AfXdp,

    /// <summary>A kernel interface through packet sockets.</summary>
    AfPacket,

    /// <summary>The port of a device in eal_arguments whose kernel interface it is (BlueField's representors).</summary>
    Netdev,

    /// <summary>Any other virtual device, with its own arguments.</summary>
    Vdev,
}

/// <summary>One port of a pair.</summary>
/// <param name="Key">Where it stands in the file, for messages: pairs[0].host.</param>
/// <param name="Driver">How DPDK reaches it.</param>
/// <param name="Interface">Kernel interface; empty for vdev.</param>
/// <param name="Arguments">The driver's own arguments; for vdev with the device's name first.</param>
internal sealed record PortSpecification(string Key, PortDriver Driver, string Interface, string Arguments)
{
    /// <summary>Name in metrics and messages.</summary>
    public string Name => Driver == PortDriver.Vdev ? Arguments.Split(',')[0] : Interface;

    /// <summary>Whether its frames reach the kernel while no dataplane takes them.</summary>
    public bool IsKernelPort => Driver is PortDriver.AfXdp or PortDriver.AfPacket;
}

/// <summary>Two ports that forward to each other.</summary>
/// <param name="Name">Name in metrics.</param>
/// <param name="Host">Trailers are accepted from here.</param>
/// <param name="Network">Frames pass untouched from here.</param>
/// <param name="Mtu">Bytes; 0: what the interfaces have.</param>
/// <param name="Bypass">Whether the kernel forwards between the ports while no dataplane does.</param>
/// <param name="Trust">Whom it believes.</param>
/// <param name="Steering">Which frames pass in hardware; null: none.</param>
internal sealed record PairConfiguration(string Name, PortSpecification Host, PortSpecification Network, int Mtu, bool Bypass, PairTrust Trust, SteeringSettings? Steering)
{
    /// <summary>What beacons ask of trailers.</summary>
    public BeaconFlags Flags => (Steering is null ? BeaconFlags.None : BeaconFlags.Mark) | (Trust.RequiresTags ? BeaconFlags.Tags : BeaconFlags.None);
}
