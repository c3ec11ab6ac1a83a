namespace OppTel.Wire;

/// <summary>Constants of the trailer, wire format version 1. Source: <c>bpf/include/opptel/wire.h</c>.</summary>
public static class WireFormat
{
    /// <summary>Last two bytes of a trailer, little-endian.</summary>
    public const ushort Magic = 0x4F54;

    /// <summary>High nibble of the footer's version and flags byte.</summary>
    public const int Version = 1;

    /// <summary>Bytes of a footer.</summary>
    public const int FooterSize = 24;

    /// <summary>Bytes of a value record.</summary>
    public const int ValueSize = 8;

    /// <summary>Bytes of a sample record.</summary>
    public const int SampleSize = 16;

    /// <summary>Bytes of the keyed tag.</summary>
    public const int TagSize = 8;

    /// <summary>Offset of the checksum within the footer.</summary>
    public const int ChecksumOffset = 18;

    /// <summary>Values and footer times are 48 bits wide.</summary>
    public const ulong Mask48 = 0xFFFF_FFFF_FFFF;

    /// <summary>Longest trailer that version 1 can describe, in bytes.</summary>
    public const int MaxTrailerSize = FooterSize + (byte.MaxValue * ValueSize) + (byte.MaxValue * SampleSize) + TagSize + 254;
}
