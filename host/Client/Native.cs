using System.Runtime.InteropServices;
using OppTel.Producers;

namespace OppTel.Client;

/// <summary>Every libc function that the client calls.</summary>
internal static unsafe partial class Native
{
    private const int ReadWrite = 3, Shared = 1, Fixed = 0x10, SameLevel = 1, Descriptors = 1, CloseOnExec = 0x40000000;

    /// <summary>Memory that can be mapped twice; negative on failure.</summary>
    internal static int NewMemory(nuint length)
    {
        int descriptor = CreateMemory("opptel-cells", 1);
        if (descriptor >= 0 && SetLength(descriptor, (long)length) == 0)
            return descriptor;
        if (descriptor >= 0)
            _ = Close(descriptor);
        return -1;
    }

    /// <summary>Maps all of it anywhere; null on failure.</summary>
    internal static ulong* Map(int descriptor, nuint length) => Check(MapMemory(0, length, ReadWrite, Shared, descriptor, 0));

    /// <summary>Maps all of it in place of what is there; null on failure.</summary>
    internal static ulong* MapOver(ulong* place, int descriptor, nuint length) => Check(MapMemory((nint)place, length, ReadWrite, Shared | Fixed, descriptor, 0));

    /// <summary>Receives a packet, and the descriptor that may come with it. Returns its length; negative on failure.</summary>
    internal static nint Receive(int socket, Span<byte> data, out int descriptor)
    {
        fixed (byte* bytes = data)
        {
            SocketBuffer part = new() { Data = bytes, Length = (nuint)data.Length };
            DescriptorControl control = default;
            SocketMessage message = new() { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(DescriptorControl) };
            nint length = ReceiveMessage(socket, &message, CloseOnExec);
            bool isThere = length >= 0 && message.ControlLength >= DescriptorControl.Used && control.Level == SameLevel && control.Type == Descriptors;
            descriptor = isThere ? control.Descriptor : -1;
            return length;
        }
    }

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int Unmap(ulong* address, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    private static ulong* Check(nint address) => address == -1 ? null : (ulong*)address;

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int SetLength(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "recvmsg")]
    private static partial nint ReceiveMessage(int socket, SocketMessage* message, int flags);
}
