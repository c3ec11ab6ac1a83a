using System.Runtime.InteropServices;

namespace OppTel.Wire.Tests;

/// <summary>Memory between two pages that nobody may touch: a load one byte outside ends the process.</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* start;
    private readonly nuint size;

    /// <summary>Maps pages for at least <paramref name="length"/> bytes and a guard on either side.</summary>
    public GuardedMemory(int length)
    {
        int page = Environment.SystemPageSize;
        Length = (length + page - 1) / page * page;
        size = (nuint)(Length + (2 * page));
        start = (byte*)Map(0, size, 0, PrivateAnonymous, -1, 0);
        if ((nint)start == -1 || Protect((nint)start + page, (nuint)Length, ReadWrite) != 0)
            throw new InvalidOperationException($"no guarded memory: error {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Bytes between the guards.</summary>
    public int Length { get; }

    /// <summary>All of them: the first follows a guard, the last precedes one.</summary>
    public Span<byte> Bytes => new(start + Environment.SystemPageSize, Length);

    /// <summary>The address of a guard, to show that it guards.</summary>
    public nint Guard => (nint)start;

    public void Dispose() => _ = Unmap((nint)start, size);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
