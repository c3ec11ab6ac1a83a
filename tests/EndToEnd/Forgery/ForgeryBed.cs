using System.Buffers.Binary;
using OppTel.EndToEnd.Tests.Lease;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Forgery;

/// <summary>One testbed whose dataplane requires tags, with traffic, and somebody with packet sockets at every place.</summary>
public sealed class ForgeryBed : IDisposable
{
    private const int Ethernet = 14;
    private readonly SteadySender sender;

    public ForgeryBed()
    {
        Testbed = new Testbed();
        string configuration = File.ReadAllText(Testbed["dataplane.yaml"]);
        Assert.Contains("name: pair0", configuration, StringComparison.Ordinal);
        File.WriteAllText(Testbed["dataplane.yaml"], configuration.Replace("name: pair0", "name: pair0\n    require_tags: true", StringComparison.Ordinal));
        Testbed.StartAll();
        sender = new SteadySender(Testbed);
        Wire = new PacketTap(Testbed.Host, "eth0");
        PastTheHook = new PacketTap(Testbed.Host, "eth0", EtherType.Control, pastHooks: true);
        FromTheDpu = new PacketTap(Testbed.Dpu, "dpu0", EtherType.Control);
        Network = new PacketTap(Testbed.Network, "eth0");
        Testbed.WaitFor("tagged trailers", () => Wire.Count(frame => frame.Outgoing && frame.TrailerLength > 0) > 100);
    }

    internal Testbed Testbed { get; }

    /// <summary>What leaves and reaches the host, as it is behind the hook; sends like any process of the host.</summary>
    internal PacketTap Wire { get; }

    /// <summary>Sends from the host's interface without passing the hook.</summary>
    internal PacketTap PastTheHook { get; }

    /// <summary>Sends to the host.</summary>
    internal PacketTap FromTheDpu { get; }

    /// <summary>What reaches the network.</summary>
    internal PacketTap Network { get; }

    /// <summary>Instance of the host daemon, as its control frames say.</summary>
    internal ulong Instance
    {
        get
        {
            TappedFrame catalog = Control(ControlKind.Catalog, outgoing: true)[^1];
            Assert.True(ControlHeader.TryRead(catalog.Bytes.AsSpan(Ethernet), out ControlHeader header));
            return header.Instance;
        }
    }

    /// <summary>Key of the host daemon's tags.</summary>
    internal TrailerKey TrailerKey => Testbed.Key.Signing.TrailerKey(Instance);

    public void Dispose()
    {
        sender.Dispose();
        Wire.Dispose();
        PastTheHook.Dispose();
        FromTheDpu.Dispose();
        Network.Dispose();
        Testbed.Dispose();
    }

    /// <summary>Control frames of a kind that were seen at the host's interface.</summary>
    internal IReadOnlyList<TappedFrame> Control(ControlKind kind, bool outgoing)
    {
        IReadOnlyList<TappedFrame> Find() =>
            [.. Wire.Frames.Where(frame => frame.IsControl && frame.Outgoing == outgoing && frame.Bytes[Ethernet + 1] == (byte)kind)];
        Testbed.WaitFor($"a frame of kind {kind}", () => Find().Count > 0);
        return Find();
    }

    /// <summary>A datagram from the host to the network's discard port, and whatever is behind its end.</summary>
    internal byte[] Datagram(byte[] payload, byte[] behind)
    {
        byte[] frame = [.. Mac("network"), .. Mac("host"), 8, 0, .. new byte[28], .. payload, .. behind];
        Span<byte> packet = frame.AsSpan(Ethernet);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(28 + payload.Length));
        packet[8] = 64;
        packet[9] = 17;
        new byte[] { 10, 77, 0, 1, 10, 77, 0, 2 }.CopyTo(packet[12..]);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[10..], (ushort)~OnesComplement.Sum(packet[..20]));
        BinaryPrimitives.WriteUInt16BigEndian(packet[20..], 9);
        BinaryPrimitives.WriteUInt16BigEndian(packet[22..], 9);
        BinaryPrimitives.WriteUInt16BigEndian(packet[24..], (ushort)(8 + payload.Length));
        return frame;
    }

    /// <summary>A trailer with one value; tagged where there is a key.</summary>
    internal static byte[] Trailer(ushort epoch, ushort slot, TrailerKey? key, ulong? time = null, ushort stream = 4000, uint sequence = 1)
    {
        TrailerFlags flags = key is null ? TrailerFlags.None : TrailerFlags.Tag;
        byte[] trailer = new byte[TrailerWriter.Size(1, 0, 0, flags)];
        TrailerWriter.Write(trailer, Footer.Create(time ?? Boottime.Now, stream, sequence, epoch, 1, 0, flags, 0), [new ValueRecord(slot, 666)], []);
        if (key is { } secret)
            TrailerTag.Sign(trailer, secret);
        return trailer;
    }

    /// <summary>A control frame to the group.</summary>
    internal static byte[] Frame(ControlHeader header, byte[] payload, ControlKey key)
    {
        byte[] frame = [0x01, 0x80, 0xC2, 0x00, 0x00, 0x0E, 2, 0, 0, 0, 0, 9, EtherType.Control >> 8, EtherType.Control & 0xFF, .. new byte[ControlHeader.Size], .. payload];
        header.Write(frame.AsSpan(Ethernet));
        key.Sign(frame.AsSpan(Ethernet));
        return frame;
    }

    /// <summary>Does something, and waits until a counter has risen by exactly so much.</summary>
    internal void Expect(string what, double rise, Func<double> counter, Action action)
    {
        double before = counter();
        action();
        Testbed.WaitFor(what, () => counter() >= before + rise);
        Assert.Equal(before + rise, counter());
    }

    private byte[] Mac(string role) => Convert.FromHexString(
        Testbed.Run(role, "cat", "/sys/class/net/eth0/address").Expect().Trim().Replace(":", "", StringComparison.Ordinal));
}
