using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>A packet socket on one interface: whole frames, without FCS. One thread may receive while others send.</summary>
internal sealed unsafe partial class PacketSocket : IDisposable
{
    /// <summary>Longest frame that it takes, in bytes.</summary>
    public const int LongestFrame = 1 << 16;

    /// <summary>EtherType that stands for all of them.</summary>
    public const ushort AllProtocols = 3;

    private const int RawSocket = 3, PacketFamily = 17, SocketLevel = 1, ForceReceiveBuffer = 33, ForceSendBuffer = 32;
    private const int PacketLevel = 263, PacketMembership = 1, PacketStatistics = 6, PacketIgnoreOutgoing = 23, PacketQdiscBypass = 20, OutgoingPacket = 4;
    private const int DontWait = 0x40, TryAgain = 11, NetworkDown = 100, PollIn = 1;
    private readonly int socket;

    /// <param name="where">Namespace of the interface.</param>
    /// <param name="device">The interface.</param>
    /// <param name="etherType">Receives frames of this type alone.</param>
    public PacketSocket(NetworkNamespace where, string device, ushort etherType = AllProtocols) => socket = where.Run(() => Open(device, etherType));

    /// <summary>Frames that found no room since the last question.</summary>
    public uint Missed
    {
        get
        {
            uint* statistics = stackalloc uint[2];
            int length = 2 * sizeof(uint);
            Check(GetOption(socket, PacketLevel, PacketStatistics, statistics, &length));
            return statistics[1];
        }
    }

    /// <summary>Receives what comes from the wire, whoever it is for, and nothing that this machine sends.</summary>
    public void TakeFromTheWire()
    {
        int yes = 1;
        Check(SetOption(socket, PacketLevel, PacketIgnoreOutgoing, &yes, sizeof(int)));
        LinkAddress address;
        int length = sizeof(LinkAddress);
        Check(GetName(socket, &address, &length));
        // struct packet_mreq: index, type 1 (promiscuous), no address.
        int* request = stackalloc int[] { address.InterfaceIndex, 1, 0, 0 };
        Check(SetOption(socket, PacketLevel, PacketMembership, request, 4 * sizeof(int)));
    }

    /// <summary>Sends straight to the device from now on, past queueing and the TC programs.</summary>
    public void SendPastTheHooks()
    {
        int yes = 1;
        Check(SetOption(socket, PacketLevel, PacketQdiscBypass, &yes, sizeof(int)));
    }

    /// <summary>Takes a frame that waits; false when none does.</summary>
    /// <param name="room">At least <see cref="LongestFrame"/> bytes.</param>
    /// <param name="length">Bytes of the frame.</param>
    /// <param name="outgoing">Whether the interface sent it.</param>
    public bool TryReceive(Span<byte> room, out int length, out bool outgoing)
    {
        LinkAddress from;
        int fromLength = sizeof(LinkAddress);
        nint received;
        fixed (byte* bytes = room)
            received = ReceiveFrom(socket, bytes, (nuint)room.Length, DontWait, &from, &fromLength);
        // An interface that goes down says so once, and goes on when it is up again.
        if (received < 0 && Marshal.GetLastPInvokeError() is not (TryAgain or NetworkDown))
            Check(-1);
        length = (int)received;
        outgoing = received > 0 && from.PacketType == OutgoingPacket;
        return received > 0;
    }

    /// <summary>Waits until a frame waits, or for a time.</summary>
    public void Wait(TimeSpan limit)
    {
        PollEntry entry = new() { Handle = socket, Wanted = PollIn };
        long* time = stackalloc long[] { 0, (long)limit.TotalNanoseconds };
        _ = Poll(&entry, 1, time, null);
    }

    /// <summary>Sends a whole frame; false when the interface does not take it.</summary>
    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
            return Send(socket, bytes, (nuint)frame.Length, 0) == frame.Length;
    }

    /// <summary>Sends a whole frame.</summary>
    public void Send(ReadOnlySpan<byte> frame) => Check(TrySend(frame) ? 0 : -1);

    public void Dispose() => Check(Close(socket));

    private static int Open(string device, ushort etherType)
    {
        int socket = Check(Socket(PacketFamily, RawSocket, 0));
        int room = 256 << 20;
        Check(SetOption(socket, SocketLevel, ForceReceiveBuffer, &room, sizeof(int)));
        Check(SetOption(socket, SocketLevel, ForceSendBuffer, &room, sizeof(int)));
        LinkAddress address = new()
        {
            Family = PacketFamily,
            Protocol = BinaryPrimitives.ReverseEndianness(etherType),
            InterfaceIndex = Check(InterfaceIndex(device)),
        };
        Check(Bind(socket, &address, sizeof(LinkAddress)));
        return socket;
    }

    private static int Check(int result) => result >= 0 ? result : throw new IOException($"packet socket: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, LinkAddress* address, int length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static partial int GetName(int socket, LinkAddress* address, int* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int socket, int level, int option, void* value, int* length);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(int socket, byte* buffer, nuint length, int flags, LinkAddress* from, int* fromLength);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int Poll(PollEntry* entries, nuint count, long* time, void* signals);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int InterfaceIndex(string name);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int socket);

    /// <summary><c>struct sockaddr_ll</c>.</summary>
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

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        internal int Handle;
        internal short Wanted;
        internal short Happened;
    }
}
