using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>
/// A BPF array of 64-bit cells that somebody else writes: this process sees it read-only, and gives its descriptor away. Unlike a
/// file, nobody can make it shorter while it is read.
/// </summary>
public sealed unsafe class CellMap : IDisposable
{
    private const int ArrayMap = 2;
    private const uint Mmapable = 1 << 10;
    private const int ReadOnly = 1;
    private const int Shared = 1;
    private readonly nuint length;
    private readonly nint address;
    private readonly int count;

    /// <summary>Makes and maps one, all of zeros.</summary>
    /// <param name="name">At most 15 letters, digits and underscores; for bpftool.</param>
    /// <param name="count">Number of cells.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public CellMap(string name, int count)
    {
        this.count = count;
        LibBpf.MapCreateOptions options = new() { Size = (nuint)sizeof(LibBpf.MapCreateOptions), Flags = Mmapable };
        Fd = LibBpf.MapCreate(ArrayMap, name, sizeof(uint), sizeof(ulong), (uint)count, &options);
        if (Fd < 0)
            throw BpfException.For($"cannot make a map of {count} cells", Marshal.GetLastPInvokeError());
        length = (nuint)count * sizeof(ulong);
        address = LibBpf.Map(0, length, ReadOnly, Shared, Fd, 0);
        if (address != -1)
            return;
        int error = Marshal.GetLastPInvokeError();
        _ = LibBpf.Close(Fd);
        throw BpfException.For($"cannot map {name} ({length} bytes)", error);
    }

    /// <summary>The descriptor, for who writes.</summary>
    public int Fd { get; }

    /// <summary>The cells, in place; not to be used behind <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<ulong> Cells => new((void*)address, count);

    /// <summary>One cell, whole, whoever writes it.</summary>
    public ulong Read(int index) => Volatile.Read(ref Unsafe.AsRef(in Cells[index]));

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = LibBpf.Unmap(address, length);
        _ = LibBpf.Close(Fd);
    }
}
