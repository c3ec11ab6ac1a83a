using System.Buffers.Binary;
using System.Net.NetworkInformation;
using OppTel.Configuration;

namespace OppTel.Dataplane.Steering;

/// <summary>How a pair's switch tells what the cores have to see.</summary>
/// <param name="HostMac">Address of the host's interface: what it sends with it carries nothing and passes in hardware.</param>
internal sealed record SteeringSettings(PhysicalAddress HostMac)
{
    /// <summary>The address as its bytes lie, in the low six bytes.</summary>
    public ulong HostAddress
    {
        get
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            bytes.Clear();
            HostMac.GetAddressBytes().CopyTo(bytes);
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }
    }

    /// <summary>Reads the key of a pair; null when every frame passes the cores.</summary>
    public static SteeringSettings? Read(ConfigurationSection pair)
    {
        if (!pair.Has("steering"))
            return null;
        ConfigurationSection steering = pair.RequiredSection("steering");
        string text = steering.RequiredText("host_mac");
        if (PhysicalAddress.TryParse(text, out PhysicalAddress? address) && IsUnicast(address.GetAddressBytes()))
            return new SteeringSettings(address);
        if (text.Length > 0)
            steering.Report("host_mac", $"'{text}' is no address of an interface: six bytes as in 0c:42:a1:00:00:01, the first one even; ip link on the host shows it");
        return null;
    }

    private static bool IsUnicast(byte[] bytes) => bytes.Length == 6 && (bytes[0] & 1) == 0 && bytes.Any(part => part != 0);
}
