using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Traffic;

/// <summary>
/// A connection from the host to the network over which numbered bytes go and come back, a piece about each millisecond. What comes
/// back is compared byte by byte with what went.
/// </summary>
internal sealed class TcpConversation : IDisposable
{
    private const int Piece = 200;

    private readonly Socket listener, client;
    private readonly Thread[] threads;
    private volatile bool stop;
    private volatile Exception? failure;
    private long returned;
    private long longestSilence;

    public TcpConversation(Testbed testbed)
    {
        listener = testbed.Network.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse(Testbed.NetworkAddress), 0));
        listener.Listen();
        client = testbed.Host.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.NoDelay = true;
        client.Connect(listener.LocalEndPoint!);
        Socket server = listener.Accept();
        server.NoDelay = true;
        threads = [.. new Action[] { () => Echo(server), Send, Receive }.Select(work => new Thread(() => Guard(work)) { Name = "conversation" })];
        Array.ForEach(threads, thread => thread.Start());
    }

    /// <summary>Bytes that came back and were right.</summary>
    public long Returned => Volatile.Read(ref returned);

    /// <summary>The longest time for which nothing came back.</summary>
    public TimeSpan LongestSilence => TimeSpan.FromTicks(Volatile.Read(ref longestSilence));

    /// <summary>Why it ended, or null while it goes on.</summary>
    public Exception? Failure => failure;

    public void Dispose()
    {
        stop = true;
        client.Dispose();
        listener.Dispose();
        Array.ForEach(threads, thread => thread.Join());
    }

    private static byte At(long position) => (byte)((ulong)position * 0x9E3779B97F4A7C15ul >> 56);

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception) when (stop && exception is SocketException or ObjectDisposedException)
        {
            // The end that was asked for.
        }
        catch (Exception exception)
        {
            failure = exception;
        }
    }

    private static void Echo(Socket server)
    {
        using (server)
        {
            byte[] buffer = new byte[1 << 16];
            for (int length; (length = server.Receive(buffer)) > 0;)
            {
                for (int sent = 0; sent < length;)
                    sent += server.Send(buffer.AsSpan(sent, length - sent));
            }
        }
    }

    private void Send()
    {
        byte[] piece = new byte[Piece];
        for (long position = 0; !stop; position += Piece)
        {
            for (int index = 0; index < Piece; index++)
                piece[index] = At(position + index);
            for (int sent = 0; sent < Piece;)
                sent += client.Send(piece.AsSpan(sent));
            Thread.Sleep(1);
        }
    }

    private void Receive()
    {
        byte[] buffer = new byte[1 << 16];
        long position = 0;
        long last = Stopwatch.GetTimestamp();
        for (int length; (length = client.Receive(buffer)) > 0; position += length)
        {
            longestSilence = Math.Max(longestSilence, Stopwatch.GetElapsedTime(last).Ticks);
            last = Stopwatch.GetTimestamp();
            for (int index = 0; index < length; index++)
            {
                if (buffer[index] != At(position + index))
                    throw new InvalidDataException($"byte {position + index} came back as {buffer[index]}, went as {At(position + index)}");
            }

            Volatile.Write(ref returned, position + length);
        }

        if (!stop)
            throw new IOException("the connection was closed");
    }
}
