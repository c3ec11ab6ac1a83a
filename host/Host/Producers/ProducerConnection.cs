using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OppTel.Producers;

namespace OppTel.Host.Producers;

/// <summary>A connection of a program, which has said hello when it has a producer. It never blocks.</summary>
internal sealed class ProducerConnection : IDisposable
{
    private const int SocketLevel = 1, PeerCredentials = 17;
    private readonly Socket socket;

    /// <summary>Takes over a connected socket.</summary>
    public ProducerConnection(Socket socket, ulong now)
    {
        this.socket = socket;
        socket.Blocking = false;
        Since = now;
        // struct ucred: pid, uid, gid.
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        Process = BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    /// <summary>The process at the other end, as the kernel says.</summary>
    public int Process { get; }

    /// <summary>CLOCK_BOOTTIME ns of its beginning.</summary>
    public ulong Since { get; }

    /// <summary>Null before the hello.</summary>
    public Producer? Producer { get; set; }

    /// <summary>For poll.</summary>
    public int Fd => (int)socket.SafeHandle.DangerousGetHandle();

    /// <summary>Receives a message.</summary>
    /// <param name="buffer">Longer than any message.</param>
    /// <param name="length">Its length; 0 when none waits.</param>
    /// <returns>False when the other end is gone.</returns>
    public bool TryReceive(Span<byte> buffer, out int length)
    {
        length = socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error == SocketError.WouldBlock || (error == SocketError.Success && length > 0);
    }

    /// <summary>Answers; false when the answer finds no room, or nobody.</summary>
    public bool TryAnswer(in ProducerAnswer answer, int descriptor = -1) =>
        Native.SendWithDescriptor(Fd, MemoryMarshal.AsBytes(new ReadOnlySpan<ProducerAnswer>(in answer)), descriptor) > 0;

    public void Dispose()
    {
        socket.Dispose();
        Producer?.Dispose();
    }
}
