using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>Every call into the shim. Source: <c>native/shim/opptel_dpdk.h</c>.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Style", "IDE1006", Justification = "The names are C's.")]
internal static unsafe partial class Native
{
    internal const string Library = "opptel_dpdk";

    /// <summary>The version of the shim's interface that this file describes.</summary>
    internal const uint Abi = 3;

    [StructLayout(LayoutKind.Sequential)]
    internal struct LayoutEntry
    {
        internal byte* Name;
        internal uint Offset;
        internal uint Size;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct SizeEntry
    {
        internal byte* Name;
        internal ulong Compiled;
        internal ulong Loaded;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PortInfo
    {
        internal fixed byte Driver[64];
        internal uint IfIndex;
        internal ushort Mtu;
        internal ushort MaxRxQueues;
        internal ushort MaxTxQueues;
        internal ushort Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PortConfig
    {
        internal void* Pool;
        internal ushort Queues;
        internal ushort Descriptors;
        internal ushort Mtu;
        internal ushort FrameRoom;
    }

    [LibraryImport(Library)]
    internal static partial uint opptel_abi();

    [LibraryImport(Library)]
    internal static partial byte* opptel_version_loaded();

    [LibraryImport(Library)]
    internal static partial byte* opptel_version_compiled();

    [LibraryImport(Library)]
    internal static partial LayoutEntry* opptel_layout(uint* count);

    [LibraryImport(Library)]
    internal static partial uint opptel_sizes(SizeEntry* entries, uint capacity);

    [LibraryImport(Library)]
    internal static partial void opptel_log_hold();

    [LibraryImport(Library)]
    internal static partial uint opptel_log_take(byte* text, uint size);

    [LibraryImport(Library)]
    internal static partial int opptel_eal_init(int count, byte** arguments);

    [LibraryImport(Library)]
    internal static partial int opptel_eal_cleanup();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int opptel_device_probe(string arguments);

    [LibraryImport(Library)]
    internal static partial int opptel_packet_socket_setup();

    [LibraryImport(Library)]
    internal static partial int opptel_port_next(ushort from);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int opptel_port_by_name(string name);

    [LibraryImport(Library)]
    internal static partial int opptel_port_info(ushort port, PortInfo* info);

    [LibraryImport(Library)]
    internal static partial int opptel_port_configure(ushort port, PortConfig* config);

    [LibraryImport(Library)]
    internal static partial int opptel_port_start(ushort port);

    [LibraryImport(Library)]
    internal static partial int opptel_port_stop(ushort port);

    [LibraryImport(Library)]
    internal static partial int opptel_port_stats(ushort port, PortStatistics* statistics);

    [LibraryImport(Library)]
    internal static partial int opptel_port_mac(ushort port, byte* mac);

    [LibraryImport(Library)]
    internal static partial int opptel_flow_proxy(ushort port, byte* reason, uint size);

    [LibraryImport(Library)]
    internal static partial int opptel_flow_validate(ushort proxy, FlowRule* rule, byte* reason, uint size);

    [LibraryImport(Library)]
    internal static partial void* opptel_flow_create(ushort proxy, FlowRule* rule, int* result, byte* reason, uint size);

    [LibraryImport(Library)]
    internal static partial int opptel_flow_destroy(ushort proxy, void* flow, byte* reason, uint size);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int opptel_netdev_mtu(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int opptel_netdev_merges(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int opptel_netdev_index(string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void* opptel_pool_create(string name, uint mbufs, uint cache, uint frameRoom, int* error);

    [LibraryImport(Library)]
    internal static partial uint opptel_pool_available(void* pool);

    [LibraryImport(Library)]
    internal static partial uint opptel_pool_object_size(uint frameRoom);

    [LibraryImport(Library)]
    internal static partial void opptel_pool_free(void* pool);

    [LibraryImport(Library)]
    internal static partial ushort opptel_rx_burst(ushort port, ushort queue, RteMbuf** mbufs, ushort count, ulong* boottime);

    // A device's transmit call may block in the kernel: the transition that lets a collection pass stays on.
    [LibraryImport(Library)]
    internal static partial ushort opptel_tx_burst(ushort port, ushort queue, RteMbuf** mbufs, ushort count, uint retries);

    [LibraryImport(Library)]
    internal static partial void opptel_free_burst(RteMbuf** mbufs, ushort count);

    [LibraryImport(Library)]
    internal static partial int opptel_send_copy(ushort port, ushort queue, void* pool, byte* frame, ushort length);

    [LibraryImport(Library)]
    internal static partial int opptel_mbuf_copy(RteMbuf* mbuf, uint offset, uint length, byte* destination);

    [LibraryImport(Library)]
    internal static partial int opptel_mbuf_truncate(RteMbuf* mbuf, uint length);

    [LibraryImport(Library)]
    internal static partial int opptel_lcore_launch(uint lcore, delegate* unmanaged[Cdecl]<void*, int> function, void* argument);

    [LibraryImport(Library)]
    internal static partial int opptel_lcore_wait(uint lcore);

    [LibraryImport(Library)]
    internal static partial int opptel_set_timer_slack(ulong nanoseconds);

    [LibraryImport(Library)]
    internal static partial ulong opptel_sleep(ulong nanoseconds);

    [LibraryImport(Library)]
    internal static partial int opptel_guard_memory(void* start, ulong size);
}
