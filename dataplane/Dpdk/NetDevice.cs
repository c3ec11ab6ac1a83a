namespace OppTel.Dpdk;

/// <summary>Interfaces of the kernel in this process's network namespace.</summary>
public static class NetDevice
{
    /// <summary>MTU in bytes; false when there is no such interface.</summary>
    public static bool TryGetMtu(string name, out int mtu) => (mtu = Native.opptel_netdev_mtu(name)) >= 0;

    /// <summary>Whether received packets are put together (GRO, LRO) before a packet socket sees them.</summary>
    public static bool MergesPackets(string name) => Native.opptel_netdev_merges(name) > 0;

    /// <summary>Index of the interface; false when there is none of that name.</summary>
    public static bool TryGetIndex(string name, out uint index)
    {
        int result = Native.opptel_netdev_index(name);
        index = result > 0 ? (uint)result : 0;
        return result > 0;
    }
}
