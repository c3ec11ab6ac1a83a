using System.Net;
using System.Net.Sockets;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>The host daemon's own page.</summary>
public sealed class HostMetricsTests
{
    private const int Silent = 64;

    [Fact]
    public void WhoConnectsAndSaysNothingKeepsNobodyOutForLong()
    {
        using Testbed testbed = new("af_packet");
        RunningProgram host = testbed.StartHost();
        testbed.WaitFor("the page", IsServed);
        Socket[] silent = testbed.Host.Run(() => Enumerable.Range(0, Silent).Select(_ => Connect()).ToArray());
        testbed.WaitFor("the page again", IsServed);
        Assert.False(host.HasExited);
        Array.ForEach(silent, socket => socket.Dispose());

        bool IsServed()
        {
            try
            {
                return testbed.HostMetrics().Sum("opptel_host_sampler_active") > 0;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    private static Socket Connect()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, 9436);
        return socket;
    }
}
