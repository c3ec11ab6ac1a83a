using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>A program at the other end of the socket, honest or not.</summary>
internal sealed unsafe partial class TestProducer : IDisposable
{
    private const int ReadWrite = 3, Shared = 1;
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { Blocking = true };
    private nint address;
    private int cells;

    /// <summary>Connects; says nothing.</summary>
    /// <param name="path">The daemon's socket.</param>
    /// <param name="own">Path that the program's own end is bound to; bytes, as .NET takes none of the greatest length.</param>
    public TestProducer(string path, byte[]? own = null)
    {
        if (own is not null)
        {
            byte[] name = [1, 0, .. own];
            fixed (byte* start = name)
                Assert.Equal(0, Bind((int)socket.SafeHandle.DangerousGetHandle(), start, name.Length));
        }

        socket.Connect(new UnixDomainSocketEndPoint(path));
        socket.Blocking = false;
    }

    /// <summary>The array's descriptor; -1 before it came.</summary>
    public int Descriptor { get; private set; } = -1;

    /// <summary>Whether the daemon has ended the connection.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The cells, once the welcome is there.</summary>
    public Span<ulong> Cells => new((void*)address, cells);

    public static ProducerHello Hello(string name = "test", uint cells = 256)
    {
        ProducerHello hello = new() { Kind = MessageKind.Hello, Version = ProducerProtocol.Version, Cells = cells };
        Put(hello.Name, name);
        return hello;
    }

    public static ProducerDeclare Declare(string name, uint cell = 0, CellKind kind = CellKind.Counter, CellEncoding encoding = CellEncoding.Unsigned, double scale = 1, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        ProducerDeclare declare = new() { Kind = MessageKind.Declare, Cell = cell, Metric = kind, Encoding = encoding, Scale = scale };
        Put(declare.Name, name);
        Put(declare.Help, "Help.");
        for (int index = 0; index < labels.Length; index++)
        {
            Put(declare.Label[index].Name, labels[index].Name);
            Put(declare.Label[index].Value, labels[index].Value);
        }

        return declare;
    }

    public static void Put(Span<byte> field, string text)
    {
        field.Clear();
        Encoding.UTF8.GetBytes(text, field);
    }

    /// <summary>Sends a message; false when there is no room.</summary>
    public bool Send<T>(T message)
        where T : unmanaged => Send(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in message)));

    /// <summary>Sends anything; false when there is no room.</summary>
    public bool Send(ReadOnlySpan<byte> message)
    {
        _ = socket.Send(message, SocketFlags.None, out SocketError error);
        return error == SocketError.Success;
    }

    /// <summary>Sends a message with a descriptor. Returns the error; 0 for none.</summary>
    public int SendDescriptor<T>(T message, int descriptor)
        where T : unmanaged
    {
        Part part = new() { Data = &message, Length = (nuint)sizeof(T) };
        Control control = new() { Length = 20, Level = 1, Type = 1, Descriptor = descriptor };
        Message whole = new() { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
        return Send((int)socket.SafeHandle.DangerousGetHandle(), &whole, 0x40) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Takes an answer, if one waits.</summary>
    public ProducerAnswer? TryTake()
    {
        ProducerAnswer answer;
        Part part = new() { Data = &answer, Length = (nuint)sizeof(ProducerAnswer) };
        Control control = default;
        Message message = new() { Parts = &part, PartCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
        nint length = Receive((int)socket.SafeHandle.DangerousGetHandle(), &message, 0x40);
        HasEnded |= length == 0 || (length < 0 && Marshal.GetLastPInvokeError() == 104);
        if (length != sizeof(ProducerAnswer))
            return null;
        if (message.ControlLength > 0)
            Take(control.Descriptor, answer.Cells);
        return answer;
    }

    /// <summary>Whether so many bytes of the array can be mapped.</summary>
    public bool CanMap(int bytes)
    {
        nint place = Map(0, (nuint)bytes, ReadWrite, Shared, Descriptor, 0);
        if (place == -1)
            return false;
        _ = Unmap(place, (nuint)bytes);
        return true;
    }

    public void Dispose()
    {
        socket.Dispose();
        if (Descriptor < 0)
            return;
        _ = Unmap(address, (nuint)cells * sizeof(ulong));
        _ = Close(Descriptor);
        Descriptor = -1;
    }

    private void Take(int descriptor, uint count)
    {
        Descriptor = descriptor;
        cells = (int)count;
        address = Map(0, (nuint)count * sizeof(ulong), ReadWrite, Shared, descriptor, 0);
        Assert.NotEqual(-1, address);
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint Receive(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint Send(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        internal void* Data;
        internal nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        internal void* Name;
        internal uint NameLength;
        internal Part* Parts;
        internal nuint PartCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    [StructLayout(LayoutKind.Sequential, Size = 24)]
    private struct Control
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
    }
}
