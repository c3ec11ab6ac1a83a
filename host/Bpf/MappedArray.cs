using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>A mmapable array map in this process's memory: what the kernel writes is read with a load, without a system call.</summary>
/// <typeparam name="T">The C# view of its value.</typeparam>
public sealed unsafe class MappedArray<T> : IDisposable
    where T : unmanaged
{
    private const int ReadWrite = 3;
    private const int Shared = 1;
    private readonly nuint length;
    private nint address;

    internal MappedArray(string name, int fd, int count)
    {
        Count = count;
        // The kernel rounds the values up to whole pages, whatever their size here.
        length = (nuint)count * (nuint)((Unsafe.SizeOf<T>() + 7) & ~7);
        address = LibBpf.Map(0, length, ReadWrite, Shared, fd, 0);
        if (address == -1)
            throw BpfException.For($"cannot map {name} ({length} bytes)", Marshal.GetLastPInvokeError());
    }

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>Entry <paramref name="index"/>, in place.</summary>
    public ref T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return ref ((T*)address)[index];
        }
    }

    /// <summary>Unmaps; references must not be used afterwards.</summary>
    public void Dispose()
    {
        if (address == 0)
            return;
        _ = LibBpf.Unmap(address, length);
        address = 0;
    }
}
