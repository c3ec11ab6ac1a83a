using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>
/// Reads all entries of a map of 64-bit values again and again without allocating: in batches where the kernel has them for this
/// kind of map, one by one otherwise. The values of a per-CPU map are summed, or read by CPU.
/// </summary>
public sealed unsafe class MapReader : IDisposable
{
    private const int NotSupportedInside = 524, NoSpace = 28;
    private const int FirstBatch = 256;
    private readonly BpfMap map;
    private readonly int fd;
    private readonly bool isPerCpu;
    private readonly byte* position;
    private byte* keys;
    private ulong* values;
    private int capacity;
    private bool isAtStart = true, isAtEnd;
    private bool hasBatches;

    /// <summary>For a loaded map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="inBatches">Whether to try batches.</param>
    /// <exception cref="BpfException">It is no hash or array of 64-bit values.</exception>
    public MapReader(BpfMap map, bool inBatches = true)
    {
        ArgumentNullException.ThrowIfNull(map);
        hasBatches = inBatches;
        (this.map, fd, KeySize) = (map, map.Fd, map.KeySize);
        MapKind kind = (MapKind)map.Type;
        if (!Enum.IsDefined(kind))
            throw new BpfException($"the map {map.Name} is of type {map.Type} (enum bpf_map_type): only hashes and arrays can be read");
        if (map.ValueSize != sizeof(ulong))
            throw new BpfException($"the map {map.Name} has values of {map.ValueSize} bytes: only numbers of 8 bytes can be read");
        isPerCpu = kind is MapKind.PerCpuHash or MapKind.PerCpuArray or MapKind.LruPerCpuHash;
        Cpus = isPerCpu ? BpfObject.PossibleCpus : 1;
        // What the kernel keeps its place by: a key, or a number.
        position = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(KeySize, sizeof(ulong)));
        Grow(Math.Min(FirstBatch, (int)map.MaxEntries));
    }

    /// <summary>Bytes of a key.</summary>
    public int KeySize { get; }

    /// <summary>Values of an entry: 1, or one for each CPU that the machine could ever have.</summary>
    public int Cpus { get; }

    /// <summary>Whether each CPU has a value of its own.</summary>
    public bool IsPerCpu => isPerCpu;

    /// <summary>Begins with the first entry again.</summary>
    public void Restart() => (isAtStart, isAtEnd) = (true, false);

    /// <summary>Reads some more entries; false when there are no more. Those that come or go meanwhile may be missing.</summary>
    /// <param name="count">How many; perhaps none.</param>
    /// <exception cref="IOException">The kernel refused.</exception>
    public bool TryRead(out int count)
    {
        count = 0;
        if (isAtEnd)
            return false;
        count = hasBatches ? ReadBatch() : ReadOne();
        return true;
    }

    /// <summary>The key of an entry that was read last.</summary>
    public ReadOnlySpan<byte> Key(int entry) => new(keys + (entry * KeySize), KeySize);

    /// <summary>Its value, of all CPUs together.</summary>
    public ulong Sum(int entry)
    {
        ulong sum = 0;
        for (int cpu = 0; cpu < Cpus; cpu++)
            sum += values[(entry * Cpus) + cpu];
        return sum;
    }

    /// <summary>Its value on one CPU.</summary>
    public ulong Value(int entry, int cpu) => values[(entry * Cpus) + cpu];

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(position);
        NativeMemory.Free(keys);
        NativeMemory.Free(values);
        keys = null;
        values = null;
        isAtEnd = true;
    }

    private int ReadBatch()
    {
        uint count = (uint)capacity;
        int error = -LibBpf.MapLookupBatch(fd, isAtStart ? null : position, position, keys, values, &count, 0);
        switch (error)
        {
            case 0:
                isAtStart = false;
                return (int)count;
            case BpfException.NoEntry:
                isAtEnd = true;
                return (int)count;
            case NoSpace when capacity < map.MaxEntries:
                // A bucket of the hash comes whole or not at all.
                Grow(Math.Min(2 * capacity, (int)map.MaxEntries));
                return 0;
            case BpfException.Invalid or BpfException.NotSupported or NotSupportedInside when isAtStart:
                hasBatches = false;
                return 0;
            default:
                throw Failure(error);
        }
    }

    private int ReadOne()
    {
        int error = -LibBpf.MapNextKey(fd, isAtStart ? null : position, keys);
        if (error == BpfException.NoEntry)
        {
            isAtEnd = true;
            return 0;
        }

        if (error != 0)
            throw Failure(error);
        isAtStart = false;
        new ReadOnlySpan<byte>(keys, KeySize).CopyTo(new Span<byte>(position, KeySize));
        error = -LibBpf.MapLookup(fd, keys, values);
        // It went meanwhile.
        return error == BpfException.NoEntry ? 0 : error == 0 ? 1 : throw Failure(error);
    }

    private IOException Failure(int error) => new($"cannot read the map {map.Name}: {Marshal.GetPInvokeErrorMessage(error)}");

    private void Grow(int entries)
    {
        capacity = entries;
        keys = (byte*)NativeMemory.Realloc(keys, (nuint)(entries * KeySize));
        values = (ulong*)NativeMemory.Realloc(values, (nuint)entries * (nuint)Cpus * sizeof(ulong));
    }

    /// <summary>Kinds that can be read, by their numbers in <c>enum bpf_map_type</c>.</summary>
    private enum MapKind : uint
    {
        Hash = 1,
        Array = 2,
        PerCpuHash = 5,
        PerCpuArray = 6,
        LruHash = 9,
        LruPerCpuHash = 10,
    }
}
