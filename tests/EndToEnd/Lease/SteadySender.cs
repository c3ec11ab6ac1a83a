using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Lease;

/// <summary>A datagram from the host about every millisecond, whatever happens on the way to the network.</summary>
internal sealed class SteadySender : IDisposable
{
    private readonly Thread thread;
    private volatile bool stop;

    public SteadySender(Testbed testbed)
    {
        // Resolved once and for all: without a dataplane nobody would answer.
        string mac = testbed.Run("network", "cat", "/sys/class/net/eth0/address").Expect().Trim();
        testbed.Run("host", "ip", "neigh", "replace", Testbed.NetworkAddress, "lladdr", mac, "dev", "eth0", "nud", "permanent").Expect();
        Socket socket = testbed.Host.Udp(AddressFamily.InterNetwork);
        thread = new Thread(() => Run(socket)) { Name = "sender" };
        thread.Start();
    }

    public void Dispose()
    {
        stop = true;
        thread.Join();
    }

    private void Run(Socket socket)
    {
        using (socket)
        {
            byte[] payload = new byte[100];
            IPEndPoint discard = new(IPAddress.Parse(Testbed.NetworkAddress), 9);
            while (!stop)
            {
                _ = socket.SendTo(payload, discard);
                Thread.Sleep(1);
            }
        }
    }
}
