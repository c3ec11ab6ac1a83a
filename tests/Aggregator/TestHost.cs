using System.Buffers.Binary;
using Google.Protobuf;
using OppTel.Catalog;
using OppTel.Wire;

namespace OppTel.Aggregator.Tests;

/// <summary>Makes the frames and trailers that a host would send.</summary>
internal sealed class TestHost(ulong instance, ControlKey? key = null)
{
    private readonly ControlKey key = key ?? ControlKey.Public;
    private readonly Dictionary<ushort, uint> sequences = [];
    private ulong counter;

    public string Name { get; init; } = "alpha";

    public ulong Instance => instance;

    /// <summary>Repeated in its control frames.</summary>
    public uint Echo { get; init; }

    /// <summary>A control frame, Ethernet header included.</summary>
    public byte[] Control(ControlKind kind, byte[] payload)
    {
        byte[] frame = new byte[14 + ControlHeader.Size + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), EtherType.Control);
        new ControlHeader(kind, (ushort)payload.Length, instance, ++counter, Echo).Write(frame.AsSpan(14));
        payload.CopyTo(frame, 14 + ControlHeader.Size);
        key.Sign(frame.AsSpan(14));
        return frame;
    }

    public byte[] Catalog(CatalogUpdate update) => Control(ControlKind.Catalog, update.ToByteArray());

    /// <summary>A whole update in one part.</summary>
    public CatalogUpdate Whole(ushort epoch, IEnumerable<Metric> metrics, params IEnumerable<Block> blocks) => new()
    {
        Epoch = epoch,
        Whole = true,
        Parts = 1,
        Host = Name,
        Metrics = { metrics },
        Blocks = { blocks },
    };

    /// <summary>An update on a base in one part.</summary>
    public CatalogUpdate Change(ushort epoch, ushort from, params IEnumerable<Block> blocks) => new()
    {
        Epoch = epoch,
        BaseEpoch = from,
        Parts = 1,
        Host = Name,
        Blocks = { blocks },
    };

    /// <summary>The next trailer of a stream.</summary>
    public byte[] Trailer(ushort stream, ushort epoch, ulong time, params ReadOnlySpan<ValueRecord> values)
    {
        uint sequence = sequences[stream] = sequences.GetValueOrDefault(stream) + 1;
        return Trailer(stream, sequence, epoch, time, values);
    }

    public static byte[] Trailer(ushort stream, uint sequence, ushort epoch, ulong time, params ReadOnlySpan<ValueRecord> values)
    {
        byte[] trailer = new byte[TrailerWriter.Size(values.Length, 0, 0, TrailerFlags.None)];
        TrailerWriter.Write(trailer, Footer.Create(time, stream, sequence, epoch, (byte)values.Length, 0, TrailerFlags.None, 0), values, []);
        return trailer;
    }

    public static Metric Metric(uint id, string name, Metric.Types.Kind kind, Metric.Types.Encoding encoding = OppTel.Catalog.Metric.Types.Encoding.Unsigned, double scale = 1) =>
        new() { Id = id, Name = name, Help = $"Help of {name}.", Kind = kind, Encoding = encoding, Scale = scale };

    public static Block Block(uint first, uint[] metrics, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Block block = new() { FirstSlot = first, MetricIds = { metrics } };
        foreach ((string name, string value) in labels)
            block.Labels.Add(name, value);
        return block;
    }
}
