using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace OppTel.Host.Tests.Bpf;

/// <summary>
/// A network namespace without a name, that lives as long as its one thread: sockets opened and commands started on that thread
/// are inside, and nothing is left behind.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;
    private const int SmallestIpv6Mtu = 1280;
    private int threadId;

    public NetworkNamespace()
    {
        thread = new Thread(Serve) { IsBackground = true };
        thread.Start();
        Run(() =>
        {
            TestLibc.EnterNewNetwork();
            threadId = TestLibc.ThreadId;
            Command("ip", "link set lo up");
        });
    }

    /// <summary>Connects two namespaces by a veth pair with addresses; offloads as a real device resolves them.</summary>
    public static void Connect(NetworkNamespace host, NetworkNamespace network, int mtu = 1500)
    {
        host.Command("ip", $"link add wire mtu {mtu} address 02:00:00:00:00:01 type veth peer name wire mtu {mtu} address 02:00:00:00:00:02 netns {network.threadId}");
        int number = 1;
        foreach (NetworkNamespace side in (NetworkNamespace[])[host, network])
        {
            // TX checksums are computed in software behind the hook, and receivers check them.
            side.Command("ethtool", "-K wire tx off tso off gso off gro off");
            side.Command("ip", $"address add 10.77.0.{number}/24 dev wire");
            if (mtu >= SmallestIpv6Mtu)
                side.Command("ip", $"address add fd77::{number}/64 dev wire nodad");
            side.Command("ip", "link set wire up");
            number++;
        }
    }

    /// <summary>Runs inside and throws what was thrown.</summary>
    public void Run(Action action)
    {
        using ManualResetEventSlim done = new();
        ExceptionDispatchInfo? failure = null;
        work.Add(() =>
        {
            try
            {
                action();
            }
#pragma warning disable CA1031 // Thrown on by the caller.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            done.Set();
        });
        done.Wait();
        failure?.Throw();
    }

    /// <summary>Runs inside and gives back a result.</summary>
    public T Get<T>(Func<T> function)
    {
        T result = default!;
        Run(() => result = function());
        return result;
    }

    /// <summary>Runs a command inside; it must succeed. Returns what it printed.</summary>
    public string Command(string program, string arguments)
    {
        if (Thread.CurrentThread != thread)
            return Get(() => Command(program, arguments));
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd(), errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {errors}{output}");
        return output;
    }

    /// <summary>A counter of /proc/net/snmp or netstat inside, such as TcpInCsumErrors.</summary>
    public long Counter(string name) => Get(() => long.Parse(
        Command("nstat", $"-asz {name}").Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A counter inside: of a protocol in /proc/net/snmp, of an extension in /proc/net/netstat, of Ip6 in /proc/net/snmp6.</summary>
    public long Account(string protocol, string name) => Get(() =>
    {
        bool isExtension = protocol.EndsWith("Ext", StringComparison.Ordinal), isSix = protocol.EndsWith('6');
        IEnumerable<string[]> lines = File.ReadLines($"/proc/thread-self/net/{(isExtension ? "netstat" : isSix ? "snmp6" : "snmp")}")
            .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
        if (isSix)
            return long.Parse(lines.Single(line => line[0] == protocol + name)[1], System.Globalization.CultureInfo.InvariantCulture);
        string[][] pair = [.. lines.Where(line => line[0] == $"{protocol}:")];
        return long.Parse(pair[1][Array.IndexOf(pair[0], name)], System.Globalization.CultureInfo.InvariantCulture);
    });

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }

    private void Serve()
    {
        foreach (Action action in work.GetConsumingEnumerable())
            action();
    }
}
