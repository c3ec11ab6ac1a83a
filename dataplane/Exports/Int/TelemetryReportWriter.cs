using System.Buffers.Binary;

namespace OppTel.Exports.Int;

/// <summary>Writes datagrams of the P4.org Telemetry Report format 2.0: a group header, and one individual report for each stream.</summary>
/// <param name="node">Node ID.</param>
/// <param name="domain">Domain Specific ID; 0 for no domain specific metadata.</param>
internal sealed class TelemetryReportWriter(uint node, ushort domain)
{
    /// <summary>Fits every path without being cut into fragments.</summary>
    public const int MaxDatagram = 1200;

    private const int GroupSize = 8;
    private const int Version = 2;
    private const uint SequenceMask = (1u << 22) - 1;

    /// <summary>RepType INT, InType none.</summary>
    private const byte Types = 1 << 4;

    private const byte DroppedFlag = 0x80;

    // RepMdBits count from the most significant bit.
    private const int HopLatencyBit = 1 << (15 - 2);
    private const int QueueBit = 1 << (15 - 3);
    private const int IngressTimeBit = 1 << (15 - 4);

    /// <summary>OppTel's own metadata: trailers received, trailers lost, 32 bits each.</summary>
    private const int OwnBits = 0b11 << 14;

    /// <summary>Bytes of one individual report at most.</summary>
    private const int MaxReport = 4 + 8 + 4 + 4 + 8 + 8;

    /// <summary>Most reports in a datagram.</summary>
    public const int MaxReports = (MaxDatagram - GroupSize) / MaxReport;

    /// <summary>Writes a datagram.</summary>
    /// <param name="datagram">At least <see cref="MaxDatagram"/> bytes.</param>
    /// <param name="hardware">Number of the host at this node; 6 bits count.</param>
    /// <param name="sequence">Number of the datagram among those of this hardware; 22 bits count.</param>
    /// <param name="reports">At most <see cref="MaxReports"/>.</param>
    /// <returns>Bytes that were written.</returns>
    public int Write(Span<byte> datagram, int hardware, uint sequence, ReadOnlySpan<StreamReport> reports)
    {
        BinaryPrimitives.WriteUInt32BigEndian(datagram, ((uint)Version << 28) | ((uint)(hardware & 0x3f) << 22) | (sequence & SequenceMask));
        BinaryPrimitives.WriteUInt32BigEndian(datagram[4..], node);
        int length = GroupSize;
        foreach (ref readonly StreamReport report in reports)
            length += Write(datagram[length..], report);
        return length;
    }

    private int Write(Span<byte> at, in StreamReport report)
    {
        int bits = IngressTimeBit, metadata = 12;
        if (report.HopLatency is { } latency)
        {
            bits |= HopLatencyBit;
            BinaryPrimitives.WriteUInt32BigEndian(at[metadata..], (uint)Math.Min(latency, uint.MaxValue - 1));
            metadata += 4;
        }

        if (report.QueueLength is { } queue)
        {
            bits |= QueueBit;
            BinaryPrimitives.WriteUInt32BigEndian(at[metadata..], ((uint)(report.Stream & 0xff) << 24) | (uint)Math.Min(queue, 0xfffffe));
            metadata += 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(at[metadata..], report.Arrival);
        metadata += 8;
        if (domain != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(at[metadata..], (uint)report.Received);
            BinaryPrimitives.WriteUInt32BigEndian(at[(metadata + 4)..], (uint)report.Lost);
            metadata += 8;
        }

        at[0] = Types;
        at[1] = (byte)((metadata - 4) / 4);
        at[2] = (byte)((metadata - 12) / 4);
        at[3] = report.HasNewLoss ? DroppedFlag : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], (ushort)bits);
        BinaryPrimitives.WriteUInt16BigEndian(at[6..], domain);
        BinaryPrimitives.WriteUInt16BigEndian(at[8..], (ushort)(domain == 0 ? 0 : OwnBits));
        BinaryPrimitives.WriteUInt16BigEndian(at[10..], 0);
        return metadata;
    }
}
