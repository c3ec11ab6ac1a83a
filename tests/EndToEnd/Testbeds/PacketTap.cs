using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Testbeds;

/// <summary>One frame as an interface saw it.</summary>
/// <param name="Seen">CLOCK_BOOTTIME ns when the tap read it.</param>
/// <param name="Outgoing">Whether the interface sent it.</param>
/// <param name="Bytes">Without FCS.</param>
internal sealed record TappedFrame(ulong Seen, bool Outgoing, byte[] Bytes)
{
    public int EtherType => (Bytes[12] << 8) | Bytes[13];

    public bool IsControl => EtherType == Wire.EtherType.Control;

    /// <summary>Bytes of the trailer behind the packet; 0 without one.</summary>
    public int TrailerLength => Trailer.Inspect(Bytes, out int length) == StripReason.Stripped ? length : 0;

    /// <summary>When the trailer was stamped, in CLOCK_BOOTTIME ns near <see cref="Seen"/>; null without one.</summary>
    public ulong? Stamped
    {
        get
        {
            if (TrailerLength == 0)
                return null;
            ulong age = (Seen - Footer.Read(Bytes).Time) & ((1ul << 48) - 1);
            return Seen - age;
        }
    }
}

/// <summary>A packet socket that records what passes an interface, outgoing frames as they are behind all TC programs.</summary>
internal sealed class PacketTap : IDisposable
{
    /// <summary>The thread looks up once in a while to see whether it should stop.</summary>
    private static readonly TimeSpan LookUp = TimeSpan.FromMilliseconds(50);

    private readonly List<TappedFrame> frames = [];
    private readonly Thread thread;
    private readonly PacketSocket socket;
    private volatile bool stop;

    /// <param name="where">Namespace of the interface.</param>
    /// <param name="device">The interface.</param>
    /// <param name="etherType">Records frames of this type alone.</param>
    /// <param name="pastHooks">Sends straight to the device, past queueing and the TC programs, as who has CAP_NET_RAW may.</param>
    public PacketTap(NetworkNamespace where, string device, ushort etherType = PacketSocket.AllProtocols, bool pastHooks = false)
    {
        socket = new PacketSocket(where, device, etherType);
        if (pastHooks)
            socket.SendPastTheHooks();
        thread = new Thread(Read) { Name = $"tap {device}" };
        thread.Start();
    }

    /// <summary>Frames so far.</summary>
    public IReadOnlyList<TappedFrame> Frames
    {
        get
        {
            lock (frames)
                return [.. frames];
        }
    }

    public int Count(Func<TappedFrame, bool> condition)
    {
        lock (frames)
            return frames.Count(condition);
    }

    /// <summary>Frames that the tap itself missed since the last question.</summary>
    public uint Missed => socket.Missed;

    /// <summary>Sends a whole frame from the interface.</summary>
    public void Send(ReadOnlySpan<byte> frame) => socket.Send(frame);

    public void Dispose()
    {
        stop = true;
        thread.Join();
        socket.Dispose();
    }

    private void Read()
    {
        byte[] buffer = new byte[PacketSocket.LongestFrame];
        while (!stop)
        {
            if (!socket.TryReceive(buffer, out int length, out bool outgoing))
            {
                socket.Wait(LookUp);
                continue;
            }

            TappedFrame frame = new(Boottime.Now, outgoing, buffer[..length]);
            lock (frames)
                frames.Add(frame);
        }
    }
}
