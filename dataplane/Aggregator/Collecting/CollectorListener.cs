using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Segment;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Aggregator.Collecting;

/// <summary>
/// The UDP socket, and the thread that reads it: it verifies, so that what the key has not signed costs the drain thread nothing, and hands
/// over. Counters are read by any thread.
/// </summary>
internal sealed class CollectorListener : IDisposable
{
    private readonly Socket socket;
    private readonly ControlKey key;
    private readonly DatagramQueue queue = new();
    private readonly ulong[] outcomes = new ulong[DatagramOutcomes.Count];
    private readonly ILogger logger;
    private readonly Action<Exception> failed;
    private readonly Thread thread;
    private bool stopping;

    /// <summary>Binds the socket.</summary>
    /// <param name="endpoint">Address and port.</param>
    /// <param name="key">Verifies and signs.</param>
    /// <param name="instance">Random number of this run.</param>
    /// <param name="logger">For the few events of its life.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    /// <exception cref="OperatorException">The address is taken, or not this machine's.</exception>
    public CollectorListener(IPEndPoint endpoint, ControlKey key, ulong instance, ILogger logger, Action<Exception> failed)
    {
        (this.key, Instance, this.logger, this.failed) = (key, instance, logger, failed);
        socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 500, SendTimeout = 1 };
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = endpoint.Address.Equals(IPAddress.IPv6Any);
            socket.ReceiveBufferSize = 4 << 20;
            socket.Bind(endpoint);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new OperatorException(ExitCode.Unavailable, $"cannot listen on UDP {endpoint} (collector.listen): {exception.Message}", exception);
        }

        thread = new Thread(Run) { Name = "collector" };
    }

    /// <summary>Random number of this run: its low half is what datagrams are addressed to.</summary>
    public ulong Instance { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>What was read.</summary>
    public DatagramQueue Queue => queue;

    /// <summary>Datagrams by what became of them here.</summary>
    public ulong Outcome(DatagramOutcome outcome) => Volatile.Read(ref outcomes[(int)outcome]);

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        logger.LogInformation("collects from hosts without a dataplane on UDP {Endpoint}", Endpoint);
        thread.Start();
    }

    /// <summary>Sends a packet; false when the kernel does not take it.</summary>
    public bool TrySend(ReadOnlySpan<byte> packet, SocketAddress to)
    {
        try
        {
            return socket.SendTo(packet, SocketFlags.None, to) == packet.Length;
        }
        catch (SocketException)
        {
            // No route back, or a full buffer: the host asks again.
            return false;
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref stopping, true);
        if (thread.IsAlive)
            thread.Join();
        socket.Dispose();
    }

    private void Run()
    {
        try
        {
            Datagram spare = new();
            while (!Volatile.Read(ref stopping))
            {
                Datagram? place = queue.TryReserve();
                if (!TryReceive(place ?? spare))
                    continue;
                if (Judge((place ?? spare).Bytes.AsSpan(0, (place ?? spare).Length)) is { } refusal)
                    outcomes[(int)refusal]++;
                else if (place is null)
                    outcomes[(int)DatagramOutcome.Overflow]++;
                else
                    queue.Publish();
            }
        }
        catch (Exception exception)
        {
            logger.LogCritical(exception, "the collector's thread failed");
            failed(exception);
        }
    }

    private bool TryReceive(Datagram place)
    {
        // A timeout is an exception, and so is a datagram that is too long: first look whether there is one.
        if (!socket.Poll(200_000, SelectMode.SelectRead))
            return false;
        try
        {
            place.Length = socket.ReceiveFrom(place.Bytes, SocketFlags.None, place.Source);
            place.Arrival = Boottime.Now;
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.MessageSize or SocketError.TimedOut or SocketError.ConnectionReset or SocketError.WouldBlock)
        {
            outcomes[(int)DatagramOutcome.Malformed]++;
            return false;
        }
    }

    /// <summary>Why a datagram is not handed over; null when it is.</summary>
    private DatagramOutcome? Judge(ReadOnlySpan<byte> packet)
    {
        if (!ControlHeader.TryRead(packet, out ControlHeader header) || packet.Length != ControlHeader.Size + header.PayloadLength || header.Instance == 0)
            return DatagramOutcome.Malformed;
        if (!key.Verify(packet))
            return DatagramOutcome.BadTag;
        if (!header.IsDatagram || header.Kind is not (ControlKind.Catalog or ControlKind.Heartbeat or ControlKind.Dedicated))
            return DatagramOutcome.UnknownKind;
        bool isGreeting = header.Kind == ControlKind.Heartbeat && header.Echo == 0;
        return isGreeting || header.Echo == (uint)Instance ? null : DatagramOutcome.OtherRecipient;
    }
}
