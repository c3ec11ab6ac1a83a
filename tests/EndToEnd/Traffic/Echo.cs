using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Traffic;

/// <summary>Sends every datagram back to where it came from, until it is disposed.</summary>
internal sealed class Echo : IDisposable
{
    private readonly Socket socket;
    private readonly Thread thread;

    public Echo(NetworkNamespace where, IPAddress address)
    {
        socket = where.Udp(address.AddressFamily);
        socket.Bind(new IPEndPoint(address, 0));
        thread = new Thread(Run) { Name = "echo" };
        thread.Start();
    }

    public EndPoint Address => socket.LocalEndPoint!;

    public void Dispose()
    {
        socket.Dispose();
        thread.Join();
    }

    private void Run()
    {
        byte[] buffer = new byte[1 << 16];
        EndPoint from = Address;
        try
        {
            while (true)
            {
                int length = socket.ReceiveFrom(buffer, ref from);
                _ = socket.SendTo(buffer.AsSpan(0, length), from);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The socket is closed: that is the end.
        }
    }
}
