using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>
/// The fields of <c>struct rte_mbuf</c> that the worker touches, where they have been since DPDK 22.11.
/// <see cref="Shim.TryOpen"/> compares them with the headers that the shim was compiled against.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public unsafe struct RteMbuf
{
    /// <summary>Start of the segment's buffer.</summary>
    [FieldOffset(0)] public byte* BufAddr;

    /// <summary>Bytes from there to the data.</summary>
    [FieldOffset(16)] public ushort DataOff;

    /// <summary>Segments of the frame; valid in the first one.</summary>
    [FieldOffset(20)] public ushort NbSegs;

    /// <summary>Offload flags.</summary>
    [FieldOffset(24)] public ulong OlFlags;

    /// <summary>Bytes of the frame over all segments; valid in the first one.</summary>
    [FieldOffset(36)] public uint PktLen;

    /// <summary>Bytes in this segment.</summary>
    [FieldOffset(40)] public ushort DataLen;

    /// <summary>Next segment, or null.</summary>
    [FieldOffset(64)] public RteMbuf* Next;

    /// <summary>First byte of this segment's data.</summary>
    public readonly byte* Data => BufAddr + DataOff;

    /// <summary>This view's fields under the names of the shim's table.</summary>
    internal static LayoutField[] Layout()
    {
        RteMbuf value;
        RteMbuf* mbuf = &value;
        return
        [
            new("rte_mbuf", 0, (uint)sizeof(RteMbuf)),
            new("rte_mbuf.buf_addr", Offset(mbuf, &mbuf->BufAddr), (uint)sizeof(byte*)),
            new("rte_mbuf.data_off", Offset(mbuf, &mbuf->DataOff), sizeof(ushort)),
            new("rte_mbuf.nb_segs", Offset(mbuf, &mbuf->NbSegs), sizeof(ushort)),
            new("rte_mbuf.ol_flags", Offset(mbuf, &mbuf->OlFlags), sizeof(ulong)),
            new("rte_mbuf.pkt_len", Offset(mbuf, &mbuf->PktLen), sizeof(uint)),
            new("rte_mbuf.data_len", Offset(mbuf, &mbuf->DataLen), sizeof(ushort)),
            new("rte_mbuf.next", Offset(mbuf, &mbuf->Next), (uint)sizeof(RteMbuf*)),
        ];

        static uint Offset(RteMbuf* start, void* field) => (uint)((byte*)field - (byte*)start);
    }
}
