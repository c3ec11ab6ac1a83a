using System.Runtime.CompilerServices;

namespace OppTel.Dpdk;

/// <summary>The fast path: one call into DPDK per burst and direction. Nothing here allocates or throws.</summary>
public static unsafe class PacketIo
{
    /// <summary>Receives up to <paramref name="count"/> frames.</summary>
    /// <param name="port">DPDK port.</param>
    /// <param name="queue">Receive queue; one thread per queue.</param>
    /// <param name="mbufs">Room for <paramref name="count"/> pointers.</param>
    /// <param name="count">Most frames to take.</param>
    /// <param name="boottime">CLOCK_BOOTTIME ns of the burst; unchanged when nothing came.</param>
    /// <returns>Frames received; they belong to the caller.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Receive(ushort port, ushort queue, RteMbuf** mbufs, int count, ulong* boottime) =>
        Native.opptel_rx_burst(port, queue, mbufs, (ushort)count, boottime);

    /// <summary>Sends frames, retrying a full queue at most <paramref name="retries"/> times.</summary>
    /// <returns>Frames that now belong to the device; the others still belong to the caller.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Send(ushort port, ushort queue, RteMbuf** mbufs, int count, int retries) =>
        Native.opptel_tx_burst(port, queue, mbufs, (ushort)count, (uint)retries);

    /// <summary>Gives frames back to their pool.</summary>
    public static void Free(RteMbuf** mbufs, int count) => Native.opptel_free_burst(mbufs, (ushort)count);

    /// <summary>Copies a frame from ordinary memory into an mbuf and sends it; false without an mbuf or with a full queue.</summary>
    public static bool TrySendCopy(ushort port, ushort queue, PacketPool pool, ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
            return Native.opptel_send_copy(port, queue, pool.Pointer, bytes, (ushort)frame.Length) == 0;
    }

    /// <summary>Copies bytes of a frame that may lie in several segments; false when it has not that many.</summary>
    public static bool TryCopy(RteMbuf* mbuf, uint offset, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            return Native.opptel_mbuf_copy(mbuf, offset, (uint)destination.Length, bytes) == 0;
    }

    /// <summary>Cuts a frame of several segments to <paramref name="length"/> bytes, from one to what it has.</summary>
    public static bool TryTruncate(RteMbuf* mbuf, uint length) => Native.opptel_mbuf_truncate(mbuf, length) == 0;
}
