using System.Net.NetworkInformation;
using OppTel.Configuration;

namespace OppTel.Host;

/// <summary>A network interface by its name, its kernel index and its MTU in bytes.</summary>
/// <param name="Device">The interface.</param>
/// <param name="Index">Kernel index.</param>
/// <param name="Mtu">Bytes.</param>
public sealed record HostInterface(NetworkInterface Device, int Index, int Mtu)
{
    /// <summary>Finds an Ethernet interface.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="setting">What named it, for the message.</param>
    /// <exception cref="OperatorException">There is none of that name, or it is no Ethernet.</exception>
    public static HostInterface Find(string name, string setting = "interfaces")
    {
        int index = Native.InterfaceIndex(name);
        NetworkInterface[] all = NetworkInterface.GetAllNetworkInterfaces();
        NetworkInterface? device = all.FirstOrDefault(candidate => candidate.Name == name);
        if (index == 0 || device is null)
        {
            string known = string.Join(", ", all.Select(candidate => candidate.Name));
            throw new OperatorException(ExitCode.Unavailable, $"there is no network interface {name} here; there are: {known} ({setting})");
        }

        if (device.GetPhysicalAddress().GetAddressBytes().Length != 6 || device.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            throw new OperatorException(ExitCode.Unavailable, $"{name} is no Ethernet interface; trailers need one ({setting})");
        return new HostInterface(device, index, device.GetIPProperties().GetIPv4Properties().Mtu);
    }
}
