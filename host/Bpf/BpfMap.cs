using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>One map of an object; valid as long as the object.</summary>
public sealed unsafe class BpfMap
{
    private readonly nint handle;

    internal BpfMap(string name, nint handle)
    {
        Name = name;
        this.handle = handle;
    }

    /// <summary>Name in the object.</summary>
    public string Name { get; }

    /// <summary>Number of entries.</summary>
    public uint MaxEntries => LibBpf.MapMaxEntries(handle);

    /// <summary>Bytes of a key.</summary>
    public int KeySize => (int)LibBpf.MapKeySize(handle);

    /// <summary>Bytes of a value.</summary>
    public int ValueSize => (int)LibBpf.MapValueSize(handle);

    /// <summary>What it is: a number of the kernel's <c>enum bpf_map_type</c>.</summary>
    public uint Type => LibBpf.MapType(handle);

    internal int Fd => LibBpf.MapFd(handle);

    /// <summary>Sets the number of entries; only before the object is loaded.</summary>
    public void Resize(uint entries) => Check(LibBpf.MapSetMaxEntries(handle, entries), $"resize to {entries}");

    /// <summary>Maps a mmapable array into this process.</summary>
    /// <typeparam name="T">The C# view of its value.</typeparam>
    public MappedArray<T> MapInto<T>()
        where T : unmanaged
    {
        CheckSize<T>();
        return new MappedArray<T>(Name, Fd, (int)MaxEntries);
    }

    /// <summary>Inserts or replaces.</summary>
    public void Update<TKey, TValue>(TKey key, TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckSize<TValue>();
        Check(LibBpf.MapUpdate(Fd, &key, &value, 0), "update");
    }

    /// <summary>Puts an event into an array of them, where programs read it.</summary>
    public void Update(uint index, PerfCounter counter)
    {
        ArgumentNullException.ThrowIfNull(counter);
        Update(index, counter.Fd);
    }

    /// <summary>Puts a program into an array of them, where others jump to it.</summary>
    public void Update(uint index, BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        Update(index, program.Fd);
    }

    /// <summary>Inserts or replaces; false when the map is full.</summary>
    public bool TryUpdate<TKey, TValue>(TKey key, TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckSize<TValue>();
        return LibBpf.MapUpdate(Fd, &key, &value, 0) == 0;
    }

    /// <summary>Inserts or replaces in a per-CPU map of 64-bit values.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">One for each possible CPU.</param>
    public void UpdatePerCpu<TKey>(TKey key, ReadOnlySpan<ulong> values)
        where TKey : unmanaged
    {
        CheckSize<ulong>();
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, BpfObject.PossibleCpus);
        fixed (ulong* pointer = values)
            Check(LibBpf.MapUpdate(Fd, &key, pointer, 0), "update");
    }

    /// <summary>Pushes onto a stack or queue map; false when it is full.</summary>
    public bool TryPush<TValue>(TValue value)
        where TValue : unmanaged => LibBpf.MapUpdate(Fd, null, &value, 0) == 0;

    /// <summary>Pops from a stack or queue map; false when it is empty.</summary>
    public bool TryPop<TValue>(out TValue value)
        where TValue : unmanaged
    {
        fixed (TValue* pointer = &value)
            return LibBpf.MapLookupAndDelete(Fd, null, pointer) == 0;
    }

    /// <summary>Looks up a key.</summary>
    public bool TryGet<TKey, TValue>(TKey key, out TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckSize<TValue>();
        fixed (TValue* pointer = &value)
            return LibBpf.MapLookup(Fd, &key, pointer) == 0;
    }

    /// <summary>Removes a key; false when it was not there.</summary>
    public bool TryRemove<TKey>(TKey key)
        where TKey : unmanaged => LibBpf.MapDelete(Fd, &key) == 0;

    /// <summary>All entries; those that change meanwhile may be missing or twice.</summary>
    public List<(TKey Key, TValue Value)> Entries<TKey, TValue>()
        where TKey : unmanaged
        where TValue : unmanaged
    {
        List<(TKey, TValue)> entries = [];
        TKey key, next;
        // Removals restart the kernel's walk: the bound keeps a churning map from holding this loop.
        uint most = 2 * MaxEntries;
        for (TKey* current = null; entries.Count < most && LibBpf.MapNextKey(Fd, current, &next) == 0; current = &key)
        {
            key = next;
            if (TryGet(key, out TValue value))
                entries.Add((key, value));
        }

        return entries;
    }

    /// <summary>All entries of a per-CPU hash, one value for each possible CPU; those that come meanwhile may be missing.</summary>
    public List<(TKey Key, TValue[] Values)> EntriesPerCpu<TKey, TValue>()
        where TKey : unmanaged
        where TValue : unmanaged
    {
        List<(TKey, TValue[])> entries = [];
        // The kernel rounds each CPU's value up to 8 bytes.
        int stride = (Unsafe.SizeOf<TValue>() + 7) & ~7, cpus = BpfObject.PossibleCpus;
        byte[] values = new byte[stride * cpus];
        TKey key, next;
        for (TKey* current = null; entries.Count < MaxEntries && LibBpf.MapNextKey(Fd, current, &next) == 0; current = &key)
        {
            key = next;
            fixed (byte* pointer = values)
            {
                if (LibBpf.MapLookup(Fd, &key, pointer) == 0)
                    entries.Add((key, [.. Enumerable.Range(0, cpus).Select(cpu => MemoryMarshal.Read<TValue>(values.AsSpan(cpu * stride)))]));
            }
        }

        return entries;
    }

    /// <summary>The kernel reads and writes as many bytes as the map says, whatever is there.</summary>
    private void CheckSize<T>()
        where T : unmanaged
    {
        uint size = LibBpf.MapValueSize(handle);
        if (size != Unsafe.SizeOf<T>())
            throw new BpfException($"map {Name} has values of {size} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}; use programs of one release");
    }

    private void Check(int result, string what)
    {
        if (result != 0)
            throw BpfException.For($"map {Name}: cannot {what}", Marshal.GetLastPInvokeError());
    }
}
