using System.Net.Sockets;
using System.Text;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Fallback;

/// <summary>A script on the host that counts: the truth that its metric has to reach.</summary>
internal sealed class Script : IDisposable
{
    /// <summary>Name of its metric.</summary>
    public const string Metric = "backup_files_total";

    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Thread thread;
    private volatile bool stop;
    private long count;

    /// <param name="testbed">Its host runs, with the socket of <see cref="Configuration"/>.</param>
    public Script(Testbed testbed)
    {
        socket.Connect(new UnixDomainSocketEndPoint(testbed["statsd.sock"]));
        thread = new Thread(Run) { Name = "script" };
        thread.Start();
    }

    /// <summary>What it has counted.</summary>
    public double Count => Volatile.Read(ref count);

    /// <summary>The key of the host's configuration that opens its socket.</summary>
    public static string Configuration(Testbed testbed) => $"statsd: {{ socket: {testbed["statsd.sock"]} }}\n";

    /// <summary>Counts no further.</summary>
    public void Rest()
    {
        stop = true;
        thread.Join();
    }

    public void Dispose()
    {
        Rest();
        socket.Dispose();
    }

    private void Run()
    {
        byte[] line = Encoding.UTF8.GetBytes("backup.files:1|c");
        for (; !stop; Thread.Sleep(20))
        {
            socket.Send(line);
            Volatile.Write(ref count, count + 1);
        }
    }
}
