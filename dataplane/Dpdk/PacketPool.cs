namespace OppTel.Dpdk;

/// <summary>Packet memory of the whole process; every lcore has its own cache of it.</summary>
public sealed unsafe class PacketPool : IDisposable
{
    private PacketPool(void* pointer) => Pointer = pointer;

    /// <summary><c>struct rte_mempool *</c>.</summary>
    internal void* Pointer { get; private set; }

    /// <summary>Mbufs that are in the pool or in a cache of it.</summary>
    public uint Available => Native.opptel_pool_available(Pointer);

    /// <summary>Bytes that one mbuf takes.</summary>
    /// <param name="frameRoom">Largest frame that fits one mbuf.</param>
    public static uint ObjectSize(int frameRoom) => Native.opptel_pool_object_size((uint)frameRoom);

    /// <summary>Makes a pool.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="mbufs">Number of mbufs; one less than a power of two wastes nothing.</param>
    /// <param name="cache">Mbufs that each lcore keeps.</param>
    /// <param name="frameRoom">Largest frame that fits one mbuf, in bytes.</param>
    /// <exception cref="DpdkException">No memory, or the pool does not read back as the library made it.</exception>
    public static PacketPool Create(string name, int mbufs, int cache, int frameRoom)
    {
        void* pool = null;
        DpdkException.Check($"packet pool of {mbufs} frames of {frameRoom} bytes", () =>
        {
            int error;
            pool = Native.opptel_pool_create(name, (uint)mbufs, (uint)cache, (uint)frameRoom, &error);
            return error;
        });
        return new PacketPool(pool);
    }

    /// <summary>Gives the memory back; no port may use it any more.</summary>
    public void Dispose()
    {
        Native.opptel_pool_free(Pointer);
        Pointer = null;
    }
}
