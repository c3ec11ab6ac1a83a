using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>One frame as an interface saw it.</summary>
/// <param name="Seen">CLOCK_BOOTTIME ns when the tap read it.</param>
/// <param name="Outgoing">Whether the interface sent it.</param>
/// <param name="Bytes">Without FCS.</param>
internal sealed record TappedFrame(ulong Seen, bool Outgoing, byte[] Bytes)
{
    public int EtherType => (Bytes[12] << 8) | Bytes[13];

    public bool IsControl => EtherType == Wire.EtherType.Control;

    /// <summary>Bytes of the trailer behind the packet; 0 without one.</summary>
    public int TrailerLength => Trailer.Inspect(Bytes, out int length) == StripReason.Stripped ? length : 0;

    /// <summary>When the trailer was stamped, in CLOCK_BOOTTIME ns near <see cref="Seen"/>; null without one.</summary>
    public ulong? Stamped
    {
        get
        {
            if (TrailerLength == 0)
                return null;
            ulong age = (Seen - Footer.Read(Bytes).Time) & ((1ul << 48) - 1);
            return Seen - age;
        }
    }
}

/// <summary>A packet socket that records what passes an interface, outgoing frames as they are behind all TC programs.</summary>
internal sealed unsafe partial class PacketTap : IDisposable
{
    private const int RawSocket = 3, PacketFamily = 17, AllProtocols = 3, SocketLevel = 1, ForceReceiveBuffer = 33;
    private const int PacketLevel = 263, PacketStatistics = 6, OutgoingPacket = 4, ReceiveTimeout = 20, PastTheHooks = 20;
    private readonly List<TappedFrame> frames = [];
    private readonly Thread thread;
    private readonly int socket;
    private volatile bool stop;

    /// <param name="where">Namespace of the interface.</param>
    /// <param name="device">The interface.</param>
    /// <param name="etherType">Records frames of this type alone.</param>
    /// <param name="pastHooks">Sends straight to the device, past queueing and the TC programs, as who has CAP_NET_RAW may.</param>
    public PacketTap(NetworkNamespace where, string device, ushort etherType = AllProtocols, bool pastHooks = false)
    {
        socket = where.Run(() => Open(device, etherType, pastHooks));
        thread = new Thread(Read) { Name = $"tap {device}" };
        thread.Start();
    }

    /// <summary>Frames so far.</summary>
    public IReadOnlyList<TappedFrame> Frames
    {
        get
        {
            lock (frames)
                return [.. frames];
        }
    }

    public int Count(Func<TappedFrame, bool> condition)
    {
        lock (frames)
            return frames.Count(condition);
    }

    /// <summary>Frames that the tap itself missed since the last question.</summary>
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

    /// <summary>Sends a whole frame from the interface.</summary>
    public void Send(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
            Check((int)Send(socket, bytes, (nuint)frame.Length, 0));
    }

    public void Dispose()
    {
        stop = true;
        thread.Join();
        Check(Close(socket));
    }

    private static int Open(string device, ushort etherType, bool pastHooks)
    {
        int socket = Check(Socket(PacketFamily, RawSocket, 0));
        int room = 256 << 20;
        Check(SetOption(socket, SocketLevel, ForceReceiveBuffer, &room, sizeof(int)));
        int past = pastHooks ? 1 : 0;
        Check(SetOption(socket, PacketLevel, PastTheHooks, &past, sizeof(int)));
        // The thread looks up once in a while to see whether it should stop.
        long* timeout = stackalloc long[] { 0, 50_000 };
        Check(SetOption(socket, SocketLevel, ReceiveTimeout, timeout, 2 * sizeof(long)));
        LinkAddress address = new()
        {
            Family = PacketFamily,
            Protocol = BinaryPrimitives.ReverseEndianness(etherType),
            InterfaceIndex = Check(InterfaceIndex(device)),
        };
        Check(Bind(socket, &address, sizeof(LinkAddress)));
        return socket;
    }

    private void Read()
    {
        byte* buffer = stackalloc byte[1 << 16];
        LinkAddress from;
        while (!stop)
        {
            int length = sizeof(LinkAddress);
            nint received = ReceiveFrom(socket, buffer, 1 << 16, 0, &from, &length);
            if (received <= 0)
                continue;
            TappedFrame frame = new(Boottime.Now, from.PacketType == OutgoingPacket, new Span<byte>(buffer, (int)received).ToArray());
            lock (frames)
                frames.Add(frame);
        }
    }

    private static int Check(int result) => result >= 0 ? result : throw new IOException($"packet socket: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, LinkAddress* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int socket, int level, int option, void* value, int* length);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveFrom(int socket, byte* buffer, nuint length, int flags, LinkAddress* from, int* fromLength);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* buffer, nuint length, int flags);

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
}
