using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.Faults.Tests.Traffic;

/// <summary>A TCP connection from the network to the host over which both ends send at once, some MB/s, and compare every byte that comes.</summary>
internal sealed class BulkTransfer : IDisposable
{
    private const int Piece = 20_000;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly Socket[] sockets;
    private readonly Worker[] workers;
    private readonly long[] received = new long[2];
    private volatile bool stop;

    /// <param name="host">One end, which listens.</param>
    /// <param name="address">Where.</param>
    /// <param name="network">The other end.</param>
    public BulkTransfer(NetworkNamespace host, string address, NetworkNamespace network)
    {
        using Socket listener = host.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        listener.Listen();
        Socket client = network.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(listener.LocalEndPoint!);
        sockets = [listener.Accept(), client];
        workers =
        [
            new Worker("bulk from host", () => Send(sockets[0])),
            new Worker("bulk from network", () => Send(sockets[1])),
            new Worker("bulk to host", () => Receive(sockets[0], ref received[0])),
            new Worker("bulk to network", () => Receive(sockets[1], ref received[1])),
        ];
    }

    /// <summary>Bytes that arrived and were right, at that end of the two where there are fewer.</summary>
    public long Received => Math.Min(Volatile.Read(ref received[0]), Volatile.Read(ref received[1]));

    /// <summary>Fails when the connection broke, or a byte was wrong.</summary>
    public void AssertGoesOn() => Array.ForEach(workers, worker => worker.AssertGoesOn());

    public void Dispose()
    {
        stop = true;
        Array.ForEach(workers, worker => worker.Closing());
        Array.ForEach(sockets, socket => socket.Dispose());
        Array.ForEach(workers, worker => worker.Join());
    }

    private void Send(Socket socket)
    {
        for (long position = 0; !stop; Thread.Sleep(Pace))
        {
            for (long end = position + Piece; position < end;)
                position += socket.Send(Pattern.At(position, (int)(end - position)));
        }
    }

    private void Receive(Socket socket, ref long count)
    {
        byte[] buffer = new byte[Pattern.LongestPiece];
        for (long position = 0; !stop;)
        {
            int length = socket.Receive(buffer);
            if (length == 0)
                throw new IOException($"the connection was closed after {position} bytes");
            if (!buffer.AsSpan(0, length).SequenceEqual(Pattern.At(position, length)))
                throw new InvalidDataException($"bytes from {position} on are not those that were sent");
            position += length;
            Volatile.Write(ref count, position);
        }
    }
}
