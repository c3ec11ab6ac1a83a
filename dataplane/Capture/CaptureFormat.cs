using System.Buffers.Binary;

namespace OppTel.Capture;

/// <summary>The header of a pcap file: byte order, precision of the times, snap length and link type of everything behind it.</summary>
public sealed class CaptureFormat
{
    /// <summary>Bytes of the header.</summary>
    internal const int Size = 24;

    private const uint MicrosecondMagic = 0xA1B2C3D4;
    private const uint NanosecondMagic = 0xA1B23C4D;
    private const int Major = 2;

    /// <summary>Before this version the two lengths of a record came in another order.</summary>
    private const int FirstMinor = 4;

    private const uint EthernetLinkType = 1;
    private readonly byte[] header;

    private CaptureFormat(byte[] header, bool isBigEndian)
    {
        this.header = header;
        IsBigEndian = isBigEndian;
    }

    /// <summary>Whether frames are Ethernet without an FCS: the link type's upper bits would tell of one.</summary>
    public bool IsEthernet => Read(header.AsSpan(20)) == EthernetLinkType;

    internal bool IsBigEndian { get; }

    internal ReadOnlySpan<byte> Header => header;

    /// <summary>A nanosecond file in this machine's byte order.</summary>
    internal static CaptureFormat Create(uint linkType, uint snapLength)
    {
        byte[] header = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(header, NanosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), Major);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), FirstMinor);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), snapLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), linkType);
        return new CaptureFormat(header, isBigEndian: false);
    }

    /// <summary>The format of a plain pcap file; null for any other kind of capture.</summary>
    internal static CaptureFormat? Recognise(ReadOnlySpan<byte> start)
    {
        if (start.Length < Size)
            return null;
        bool isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(start) is MicrosecondMagic or NanosecondMagic;
        if (!isBigEndian && BinaryPrimitives.ReadUInt32LittleEndian(start) is not (MicrosecondMagic or NanosecondMagic))
            return null;
        CaptureFormat format = new(start[..Size].ToArray(), isBigEndian);
        uint version = format.Read(start[4..]);
        (uint major, uint minor) = isBigEndian ? (version >> 16, version & 0xFFFF) : (version & 0xFFFF, version >> 16);
        return major == Major && minor >= FirstMinor ? format : null;
    }

    internal CaptureHeader ReadRecord(ReadOnlySpan<byte> record) =>
        new(Read(record), Read(record[4..]), Read(record[8..]), Read(record[12..]));

    internal void WriteRecord(Span<byte> record, CaptureHeader value)
    {
        Write(record, value.Seconds);
        Write(record[4..], value.Fraction);
        Write(record[8..], value.CapturedLength);
        Write(record[12..], value.Length);
    }

    private uint Read(ReadOnlySpan<byte> field) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(field) : BinaryPrimitives.ReadUInt32LittleEndian(field);

    private void Write(Span<byte> field, uint value)
    {
        if (IsBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(field, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(field, value);
    }
}
