using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.Faults.Tests.Traffic;

/// <summary>Numbered UDP datagrams of many lengths in one direction, about one each millisecond; each is compared byte by byte.</summary>
internal sealed class DatagramStream : IDisposable
{
    private const int Header = 8, Lengths = 1400;

    private readonly int pause;
    private readonly Socket sender, receiver;
    private readonly Worker[] workers;
    private readonly HashSet<long> arrived = [];
    private readonly ManualResetEventSlim running = new(initialState: true);
    private long sent;
    private long duplicates;
    private volatile bool stop;

    /// <param name="from">Where they are sent.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="address">Of the receiving end.</param>
    /// <param name="pause">Milliseconds between two of them.</param>
    public DatagramStream(NetworkNamespace from, NetworkNamespace to, string address, int pause = 1)
    {
        this.pause = pause;
        receiver = to.Udp(AddressFamily.InterNetwork);
        receiver.ReceiveBufferSize = 4 << 20;
        receiver.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        sender = from.Udp(AddressFamily.InterNetwork);
        workers = [new Worker($"datagrams to {address}", Receive), new Worker($"datagrams for {address}", Send)];
    }

    /// <summary>Datagrams that were sent.</summary>
    public long Sent => Volatile.Read(ref sent);

    /// <summary>Of these, datagrams that arrived, each once.</summary>
    public long Arrived
    {
        get
        {
            lock (arrived)
                return arrived.Count;
        }
    }

    /// <summary>Datagrams that had arrived before.</summary>
    public long Duplicates => Volatile.Read(ref duplicates);

    /// <summary>Sends no more until <see cref="Resume"/>.</summary>
    public void Pause() => running.Reset();

    /// <summary>Goes on.</summary>
    public void Resume() => running.Set();

    /// <summary>Fails when a datagram was not what was sent.</summary>
    public void AssertGoesOn() => Array.ForEach(workers, worker => worker.AssertGoesOn());

    public void Dispose()
    {
        stop = true;
        running.Set();
        Array.ForEach(workers, worker => worker.Closing());
        receiver.Dispose();
        sender.Dispose();
        Array.ForEach(workers, worker => worker.Join());
        running.Dispose();
    }

    private static int LengthOf(long number) => Header + (int)(number * 7919 % Lengths);

    private void Send()
    {
        byte[] datagram = new byte[Header + Lengths];
        for (long number = 0; !stop; number++)
        {
            int length = LengthOf(number);
            BinaryPrimitives.WriteInt64LittleEndian(datagram, number);
            Pattern.At(number, length - Header).CopyTo(datagram.AsSpan(Header));
            if (TrySend(datagram.AsSpan(0, length)))
                Volatile.Write(ref sent, Sent + 1);
            Thread.Sleep(pause);
            running.Wait();
        }
    }

    /// <summary>An interface that is down takes none.</summary>
    private bool TrySend(ReadOnlySpan<byte> datagram)
    {
        try
        {
            return sender.SendTo(datagram, receiver.LocalEndPoint!) == datagram.Length;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.NoBufferSpaceAvailable or SocketError.MessageSize)
        {
            return false;
        }
    }

    private void Receive()
    {
        byte[] buffer = new byte[1 << 16];
        while (!stop)
        {
            int length = receiver.Receive(buffer);
            if (length == 0 && stop)
                return;
            long number = length < Header ? -1 : BinaryPrimitives.ReadInt64LittleEndian(buffer);
            if (number < 0 || length != LengthOf(number) || !buffer.AsSpan(Header, length - Header).SequenceEqual(Pattern.At(number, length - Header)))
                throw new InvalidDataException($"a datagram of {length} bytes is not what was sent as number {number}");
            lock (arrived)
                duplicates += arrived.Add(number) ? 0 : 1;
        }
    }
}
