using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>A named network namespace. A socket belongs for good to the one that its thread was in when it was made.</summary>
internal sealed partial class NetworkNamespace(string name)
{
    private const int CloneNewNet = 0x40000000;

    /// <summary>Runs something on a thread of its own inside the namespace.</summary>
    public T Run<T>(Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter();
                result = action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>A UDP socket of the namespace.</summary>
    public Socket Udp(AddressFamily family) => Run(() => new Socket(family, SocketType.Dgram, ProtocolType.Udp));

    /// <summary>A client of the namespace's web servers.</summary>
    public HttpClient Http() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellation) =>
        {
            Socket socket = Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    private void Enter()
    {
        using SafeHandle file = File.OpenHandle($"/run/netns/{name}");
        if (SetNamespace(file, CloneNewNet) != 0)
            throw new IOException($"cannot enter the network namespace {name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeHandle file, int type);
}
