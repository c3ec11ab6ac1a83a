using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>Counters of a device. Source: <c>struct opptel_port_stats</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PortStatistics
{
    /// <summary>Packets dropped for want of descriptors.</summary>
    public ulong Missed;

    /// <summary>Packets received with errors.</summary>
    public ulong Errors;

    /// <summary>Failed mbuf allocations on receive.</summary>
    public ulong NoMbuf;

    /// <summary>Packets that could not be sent.</summary>
    public ulong SendErrors;
}

/// <summary>What a device says of itself.</summary>
/// <param name="Driver">Name of the driver.</param>
/// <param name="InterfaceIndex">Kernel netdev; 0 for none.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="MaxQueues">Queues in the direction that has fewer.</param>
public sealed record PortInfo(string Driver, uint InterfaceIndex, int Mtu, int MaxQueues);

/// <summary>One DPDK port.</summary>
/// <param name="Id">DPDK's number.</param>
public readonly record struct EthPort(ushort Id)
{
    /// <summary>All ports that were probed.</summary>
    public static IEnumerable<EthPort> All()
    {
        for (int id = Native.opptel_port_next(0); id >= 0; id = Native.opptel_port_next((ushort)(id + 1)))
            yield return new EthPort((ushort)id);
    }

    /// <summary>The port of a virtual device.</summary>
    /// <exception cref="DpdkException">There is none of that name.</exception>
    public static EthPort ByName(string name) =>
        new((ushort)DpdkException.Check($"port {name}", () => Native.opptel_port_by_name(name)));

    /// <summary>What the device says of itself.</summary>
    /// <exception cref="DpdkException">The driver refused.</exception>
    public unsafe PortInfo Describe()
    {
        ushort id = Id;
        Native.PortInfo info;
        Native.PortInfo* pointer = &info;
        DpdkException.Check($"port {id}: info", () => Native.opptel_port_info(id, pointer));
        return new PortInfo(
            Marshal.PtrToStringUTF8((nint)info.Driver) ?? "", info.IfIndex, info.Mtu, Math.Min(info.MaxRxQueues, info.MaxTxQueues));
    }

    /// <summary>Sets queues and descriptors up, without any offload.</summary>
    /// <param name="pool">Where received frames go.</param>
    /// <param name="queues">Queues each way.</param>
    /// <param name="descriptors">Descriptors of each queue, as far as the driver can.</param>
    /// <param name="mtu">Bytes, or 0 to leave it as it is.</param>
    /// <param name="frameRoom">Largest frame that may arrive, in bytes.</param>
    /// <exception cref="DpdkException">The driver refused; carries what it logged.</exception>
    public unsafe void Configure(PacketPool pool, int queues, int descriptors, int mtu, int frameRoom)
    {
        ushort id = Id;
        Native.PortConfig config = new()
        {
            Pool = pool.Pointer,
            Queues = (ushort)queues,
            Descriptors = (ushort)descriptors,
            Mtu = (ushort)mtu,
            FrameRoom = (ushort)frameRoom,
        };
        Native.PortConfig* pointer = &config;
        DpdkException.Check($"port {id}: configuration", () => Native.opptel_port_configure(id, pointer));
    }

    /// <summary>Starts the device and makes it promiscuous.</summary>
    /// <exception cref="DpdkException">The driver refused; carries what it logged.</exception>
    public void Start()
    {
        ushort id = Id;
        DpdkException.Check($"port {id}: start", () => Native.opptel_port_start(id));
    }

    /// <summary>Stops and closes the device; the port is gone afterwards.</summary>
    /// <exception cref="DpdkException">The driver refused; carries what it logged.</exception>
    public void Stop()
    {
        ushort id = Id;
        DpdkException.Check($"port {id}: stop", () => Native.opptel_port_stop(id));
    }

    /// <summary>Reads the device's counters; allocates nothing.</summary>
    public unsafe bool TryGetStatistics(out PortStatistics statistics)
    {
        fixed (PortStatistics* pointer = &statistics)
            return Native.opptel_port_stats(Id, pointer) == 0;
    }

    /// <summary>Copies the MAC address into the first six bytes of <paramref name="mac"/>.</summary>
    /// <exception cref="DpdkException">The driver has none.</exception>
    public unsafe void CopyMac(Span<byte> mac)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mac.Length, 6);
        fixed (byte* pointer = mac)
        {
            ushort id = Id;
            byte* destination = pointer;
            DpdkException.Check($"port {id}: MAC address", () => Native.opptel_port_mac(id, destination));
        }
    }
}
