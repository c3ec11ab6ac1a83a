using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Wire;

namespace OppTel.Host.Control;

/// <summary>Sends and receives control frames on one interface.</summary>
public sealed unsafe class ControlSocket : IDisposable
{
    private const int EthernetHeader = 14;
    private static readonly byte[] Group = [0x01, 0x80, 0xC2, 0x00, 0x00, 0x0E];
    private readonly byte[] source;
    private readonly byte[] buffer = new byte[9216];
    private readonly ControlKey key;
    private readonly ulong instance;
    // A socket that is opened again after its interface came back counts on above the first one, or it would be taken for a replay.
    private ulong counter = Native.Boottime;

    /// <summary>Opens the socket.</summary>
    /// <param name="device">The interface.</param>
    /// <param name="interfaceIndex">Its index.</param>
    /// <param name="key">Signs what is sent.</param>
    /// <param name="instance">Random number of this process.</param>
    /// <exception cref="OperatorException">No permission, or the interface is gone.</exception>
    public ControlSocket(NetworkInterface device, int interfaceIndex, ControlKey key, ulong instance)
    {
        ArgumentNullException.ThrowIfNull(device);
        this.key = key;
        this.instance = instance;
        source = device.GetPhysicalAddress().GetAddressBytes();
        Fd = Native.PacketSocket(interfaceIndex, EtherType.Control, Group);
        if (Fd >= 0)
            return;
        int error = Marshal.GetLastPInvokeError();
        throw error is 1 or 13
            ? new OperatorException(ExitCode.NoPermission, $"cannot open a packet socket on {device.Name}: missing CAP_NET_RAW; run as root or grant it")
            : new OperatorException(ExitCode.System, $"cannot open a packet socket on {device.Name}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    internal int Fd { get; }

    /// <summary>Whether frames leave with the mark of carriers, so that a switch sends them to the DPU's cores.</summary>
    public bool Marked { get; set; }

    /// <summary>What frames repeat of the beacon that was accepted last; 0 for none.</summary>
    public uint Echo { get; set; }

    /// <summary>Frames that the kernel would not take.</summary>
    public ulong SendFailures { get; private set; }

    /// <summary>Gives the next waiting frame; valid until the next call.</summary>
    public bool TryReceive(out ReadOnlySpan<byte> frame)
    {
        fixed (byte* start = buffer)
        {
            nint length = Native.Receive(Fd, start, (nuint)buffer.Length, 0);
            frame = length > 0 ? buffer.AsSpan(0, (int)length) : default;
            return length > 0;
        }
    }

    /// <summary>Signs and sends one control frame.</summary>
    public void Send(ControlKind kind, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[EthernetHeader + ControlHeader.Size + payload.Length];
        Group.CopyTo(frame, 0);
        source.CopyTo(frame, 6);
        frame[6] ^= Marked ? FrameMarks.Bit : (byte)0;
        frame[12] = EtherType.Control >> 8;
        frame[13] = EtherType.Control & 0xFF;
        Span<byte> packet = frame.AsSpan(EthernetHeader);
        new ControlHeader(kind, (ushort)payload.Length, instance, ++counter, Echo).Write(packet);
        payload.CopyTo(packet[ControlHeader.Size..]);
        key.Sign(packet);
        fixed (byte* start = frame)
        {
            if (Native.Send(Fd, start, (nuint)frame.Length, 0) < 0)
                SendFailures++;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Native.Close(Fd);
}
