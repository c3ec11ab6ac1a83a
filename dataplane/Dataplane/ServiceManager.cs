using System.Globalization;
using System.Net.Sockets;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>Tells systemd how the service is (sd_notify(3)); does nothing where nobody asked. Allocates nothing after construction.</summary>
internal sealed class ServiceManager : IDisposable
{
    private static readonly byte[] ReadyMessage = "READY=1"u8.ToArray();
    private static readonly byte[] WatchdogMessage = "WATCHDOG=1"u8.ToArray();
    private static readonly byte[] StoppingMessage = "STOPPING=1"u8.ToArray();

    private readonly Socket? socket;
    private readonly ulong interval;
    private ulong next;

    private ServiceManager(Socket? socket, ulong interval)
    {
        this.socket = socket;
        this.interval = interval;
    }

    /// <summary>Connects to the manager that this process's environment names.</summary>
    /// <exception cref="OperatorException">Nobody listens there.</exception>
    public static ServiceManager FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path)
            return new ServiceManager(socket: null, interval: 0);
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new OperatorException(
                ExitCode.System, $"cannot reach the service manager at NOTIFY_SOCKET={path}: {exception.Message}; unset it outside of systemd", exception);
        }

        bool watched = ulong.TryParse(
            Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong microseconds);
        // Three times within what the manager waits: one lost message is no death.
        return new ServiceManager(socket, watched ? microseconds * 1000 / 3 : 0);
    }

    /// <summary>The workers forward.</summary>
    public void Ready() => Send(ReadyMessage);

    /// <summary>The workers are about to stop.</summary>
    public void Stopping() => Send(StoppingMessage);

    /// <summary>Every worker advances at <paramref name="now"/> (CLOCK_BOOTTIME ns); passed on as often as the watchdog needs it.</summary>
    public void Alive(ulong now)
    {
        if (interval == 0 || now < next)
            return;
        next = now + interval;
        Send(WatchdogMessage);
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => socket?.Dispose();

    // A manager that does not listen loses the message; frames go on.
    private void Send(byte[] message) => socket?.Send(message, SocketFlags.None, out _);
}
