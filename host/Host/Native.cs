using System.Runtime.InteropServices;
using OppTel.Producers;

namespace OppTel.Host;

/// <summary>Every libc function that the daemon calls itself.</summary>
internal static unsafe partial class Native
{
    internal const int Directory = 0x10000;
    internal const int AddressFamilyPacket = 17;
    internal const int RawSocket = 3;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int PacketLevel = 263;
    private const int AddMembership = 1;
    private const int MulticastMembership = 0;
    private const int KernfsHandle = 0xFE;
    private const int ClockBoottime = 7;
    private const int CurrentDirectory = -100;
    private const uint InodeWanted = 0x100;
    private const int NotFollowed = 0x100;
    private const uint TypeWanted = 1;
    private const int TypeMask = 0xF000;
    private const int SocketType = 0xC000;
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int Descriptors = 1;
    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;

    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    internal static ulong Boottime
    {
        get
        {
            Timespec time;
            _ = ClockGettime(ClockBoottime, &time);
            return ((ulong)time.Seconds * 1_000_000_000) + (ulong)time.Nanoseconds;
        }
    }

    /// <summary>Opens an object of a kernfs mount by its 64-bit id; negative when there is none.</summary>
    internal static int OpenByHandle(int mount, ulong id)
    {
        FileHandle handle = new() { Bytes = sizeof(ulong), Type = KernfsHandle, Id = id };
        return OpenByHandleAt(mount, &handle, Directory | CloseOnExec);
    }

    /// <summary>Inode number of a file; 0 when there is none.</summary>
    internal static ulong Inode(string path)
    {
        FileStatus status;
        return StatusOf(CurrentDirectory, path, 0, InodeWanted, &status) == 0 ? status.Inode : 0;
    }

    /// <summary>Whether a path is a Unix socket itself; null when there is nothing.</summary>
    internal static bool? IsSocket(string path)
    {
        FileStatus status;
        return StatusOf(CurrentDirectory, path, NotFollowed, TypeWanted, &status) == 0 ? (status.Mode & TypeMask) == SocketType : null;
    }

    /// <summary>
    /// The next connection that waits, non-blocking; negative on failure. Nobody asks for the name of its other end, which may be longer
    /// than .NET takes.
    /// </summary>
    internal static int Accept(int listener) => Accept(listener, null, null, CloseOnExec | NonBlocking);

    /// <summary>The process at the other end of a Unix socket, as the kernel says; 0 for one that it cannot name.</summary>
    internal static int PeerProcess(int fd)
    {
        // struct ucred: pid, uid, gid.
        int* credentials = stackalloc int[3];
        int length = 3 * sizeof(int);
        return GetOption(fd, SocketLevel, PeerCredentials, credentials, &length) == 0 ? credentials[0] : 0;
    }

    /// <summary>A non-blocking packet socket on one interface for one EtherType, joined to a group; negative on failure.</summary>
    internal static int PacketSocket(int interfaceIndex, ushort etherType, ReadOnlySpan<byte> group)
    {
        ushort protocol = (ushort)((etherType << 8) | (etherType >> 8));
        int fd = Socket(AddressFamilyPacket, RawSocket | CloseOnExec | NonBlocking, protocol);
        if (fd < 0)
            return fd;
        LinkAddress address = new() { Family = AddressFamilyPacket, Protocol = protocol, InterfaceIndex = interfaceIndex };
        Membership membership = new() { InterfaceIndex = interfaceIndex, Type = MulticastMembership, Length = 6 };
        group.CopyTo(new Span<byte>(membership.Address, 8));
        if (Bind(fd, &address, sizeof(LinkAddress)) == 0
            && SetOption(fd, PacketLevel, AddMembership, &membership, sizeof(Membership)) == 0)
            return fd;
        int error = Marshal.GetLastPInvokeError();
        _ = Close(fd);
        Marshal.SetLastPInvokeError(error);
        return -1;
    }

    /// <summary>Sends a packet, with a descriptor for the other end unless that is negative; it never waits. Negative on failure.</summary>
    internal static nint SendWithDescriptor(int fd, ReadOnlySpan<byte> data, int descriptor)
    {
        fixed (byte* bytes = data)
        {
            SocketBuffer part = new() { Data = bytes, Length = (nuint)data.Length };
            DescriptorControl control = new() { Length = DescriptorControl.Used, Level = SocketLevel, Type = Descriptors, Descriptor = descriptor };
            SocketMessage message = new() { Parts = &part, PartCount = 1 };
            if (descriptor >= 0)
            {
                message.Control = &control;
                message.ControlLength = (nuint)sizeof(DescriptorControl);
            }

            return SendMessage(fd, &message, DoNotWait | NoSignal);
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int fd, SocketMessage* message, int flags);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int InterfaceIndex(string name);

    /// <summary>Name of an interface of this network namespace; null for an unknown one.</summary>
    internal static string? InterfaceName(uint index)
    {
        const int longest = 16;
        byte* name = stackalloc byte[longest];
        return InterfaceName(index, name) == 0 ? null : Marshal.PtrToStringUTF8((nint)name);
    }

    [LibraryImport("libc", EntryPoint = "if_indextoname")]
    private static partial nint InterfaceName(uint index, byte* name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "open_by_handle_at", SetLastError = true)]
    private static partial int OpenByHandleAt(int mount, FileHandle* handle, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(int directory, string path, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int fd, LinkAddress* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int fd, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int fd, int level, int option, void* value, int* length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept(int fd, void* address, int* length, int flags);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGettime(int clock, Timespec* time);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Fd;
        internal short Events;
        internal short Returned;
    }

    /// <summary><c>struct statx</c>, as far as it is looked at.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(32)]
        internal ulong Inode;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct FileHandle
    {
        internal uint Bytes;
        internal int Type;
        internal ulong Id;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LinkAddress
    {
        internal ushort Family;
        internal ushort Protocol;
        internal int InterfaceIndex;
        internal ushort HardwareType;
        internal byte PacketType;
        internal byte Length;
        internal fixed byte Address[8];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Membership
    {
        internal int InterfaceIndex;
        internal ushort Type;
        internal ushort Length;
        internal fixed byte Address[8];
    }
}
