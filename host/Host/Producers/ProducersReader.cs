using System.Net.Sockets;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Host.Samplers;
using OppTel.Producers;

namespace OppTel.Host.Producers;

/// <summary>
/// Listens for programs, gives each a BPF array of its own, and stores what changes in the arrays into slots. All on the daemon's
/// thread: nothing waits for a program, and one reading handles a bounded number of messages, whatever strangers send.
/// </summary>
internal sealed class ProducersReader : ISlotReader
{
    private const int MostMessages = 128, MostOfOne = 32;
    private const int MostSilent = 16, Backlog = 16;
    private const ulong SilenceNanoseconds = 2_000_000_000;
    private const int BufferSize = 4096;
    private const short Readable = 1;
    private const int TryAgain = 11, ConnectionAborted = 103;
    private static readonly TimeSpan IdleInterval = TimeSpan.FromMilliseconds(50);
    private readonly ProducerSettings settings;
    private readonly ProducerDesk desk;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
    private readonly List<ProducerConnection> connections = [];
    private readonly byte[] buffer = new byte[BufferSize];
    private Native.PollEntry[] entries = [];
    private ulong notFinite;
    private int turn;
    private string? failure;

    /// <summary>Binds the socket, in place of one that nobody holds any more.</summary>
    /// <exception cref="OperatorException">The path cannot be had.</exception>
    public ProducersReader(ProducerSettings settings)
    {
        this.settings = settings;
        desk = new ProducerDesk(settings);
        UnixDoor.Bind(listener, settings.Socket, settings.Mode, "producers.socket");
        listener.Listen(Backlog);
        listener.Blocking = false;
    }

    /// <summary>Longer while nobody is there.</summary>
    public TimeSpan Interval => connections.Count > 0 || settings.Interval > IdleInterval ? settings.Interval : IdleInterval;

    /// <summary>Messages, and connections that ended without one, by what became of them.</summary>
    public IEnumerable<(ProducerVerdict Verdict, ulong Count)> Verdicts => desk.Verdicts;

    /// <summary>Those that are connected; like the next two, as of the last reading.</summary>
    public int Producers { get; private set; }

    /// <summary>Their series.</summary>
    public int Series { get; private set; }

    /// <summary>Values that were no numbers, and were passed over.</summary>
    public ulong NotFinite { get; private set; }

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        ulong now = Native.Boottime;
        failure = null;
        if (Poll() > 0)
            Serve(store, now);
        for (int index = connections.Count - 1; index >= 0; index--)
        {
            ProducerConnection connection = connections[index];
            if (connection.Producer is { } producer)
                producer.Scan(store);
            else if (now - connection.Since > SilenceNanoseconds)
                End(connection, store, ProducerVerdict.Silent);
        }

        Tell();
        if ((failure ?? desk.Failure) is { } reason)
            throw new IOException(reason);
    }

    public void Dispose()
    {
        connections.ForEach(connection => connection.Dispose());
        listener.Dispose();
        UnixDoor.Remove(settings.Socket);
    }

    private void Tell()
    {
        (int producers, int series, ulong passedOver) = (0, 0, notFinite);
        foreach (ProducerConnection connection in connections)
        {
            producers += connection.Producer is null ? 0 : 1;
            series += connection.Producer?.Series ?? 0;
            passedOver += connection.Producer?.NotFinite ?? 0;
        }

        (Producers, Series, NotFinite) = (producers, series, passedOver);
    }

    /// <summary>Looks who has something to say; the last entry is the door's.</summary>
    private unsafe int Poll()
    {
        if (entries.Length != connections.Count + 1)
            entries = new Native.PollEntry[connections.Count + 1];
        for (int index = 0; index < connections.Count; index++)
            entries[index] = new Native.PollEntry { Fd = connections[index].Fd, Events = Readable };
        entries[^1] = new Native.PollEntry { Fd = (int)listener.SafeHandle.DangerousGetHandle(), Events = Readable };
        fixed (Native.PollEntry* first = entries)
            return Native.Poll(first, (nuint)entries.Length, 0);
    }

    /// <summary>Handles what waits, each time beginning with another connection; then lets new ones in.</summary>
    private void Serve(ISlotStore store, ulong now)
    {
        List<ProducerConnection> waiting = [.. connections.Where((_, index) => entries[index].Returned != 0)];
        int left = MostMessages;
        for (int index = 0; index < waiting.Count && left > 0; index++)
            left -= Serve(waiting[(turn + index) % waiting.Count], store, Math.Min(left, MostOfOne));
        turn = (turn + 1) & int.MaxValue;
        if (entries[^1].Returned != 0)
            Accept(store, now);
    }

    /// <summary>Handles what one has sent. Returns how many messages that were.</summary>
    private int Serve(ProducerConnection connection, ISlotStore store, int most)
    {
        for (int handled = 0; handled < most; handled++)
        {
            bool isThere = connection.TryReceive(buffer, out int length);
            if (isThere && length == 0)
                return handled;
            if (isThere && desk.Handle(connection, buffer.AsSpan(0, length), connections, store))
                continue;
            End(connection, store);
            return handled + 1;
        }

        return most;
    }

    private void Accept(ISlotStore store, ulong now)
    {
        for (int accepted = 0; accepted < Backlog; accepted++)
        {
            int fd = Native.Accept((int)listener.SafeHandle.DangerousGetHandle());
            if (fd < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error is not (TryAgain or ConnectionAborted))
                    failure = $"{settings.Socket}: {Marshal.GetPInvokeErrorMessage(error)}";
                return;
            }

            // Who says nothing makes room for who comes later.
            if (connections.Count(connection => connection.Producer is null) >= MostSilent)
                End(connections.First(connection => connection.Producer is null), store, ProducerVerdict.Silent);
            connections.Add(new ProducerConnection(fd, now));
        }
    }

    private void End(ProducerConnection connection, ISlotStore store, ProducerVerdict? verdict = null)
    {
        if (verdict is { } why)
            desk.Count(why);
        if (connection.Producer is { } producer)
        {
            producer.End(store);
            notFinite += producer.NotFinite;
        }

        connections.Remove(connection);
        connection.Dispose();
    }
}
