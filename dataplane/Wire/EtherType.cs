namespace OppTel.Wire;

/// <summary>EtherTypes that OppTel knows; IEEE 802 numbers.</summary>
public static class EtherType
{
    /// <summary>IPv4.</summary>
    public const ushort Ipv4 = 0x0800;

    /// <summary>ARP.</summary>
    public const ushort Arp = 0x0806;

    /// <summary>IPv6.</summary>
    public const ushort Ipv6 = 0x86DD;

    /// <summary>802.1Q tag.</summary>
    public const ushort Vlan = 0x8100;

    /// <summary>802.1ad service tag.</summary>
    public const ushort ServiceVlan = 0x88A8;

    /// <summary>OppTel control frames: IEEE 802 local experimental EtherType 1.</summary>
    public const ushort Control = 0x88B5;
}
