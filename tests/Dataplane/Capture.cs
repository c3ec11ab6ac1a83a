using System.Buffers.Binary;

namespace OppTel.Dataplane.Tests;

/// <summary>Reads and writes classic little-endian pcap files of Ethernet frames.</summary>
internal static class Capture
{
    private const int FileHeader = 24;
    private const int RecordHeader = 16;

    public static void Write(string path, IEnumerable<byte[]> frames)
    {
        using FileStream stream = File.Create(path);
        Span<byte> header = stackalloc byte[FileHeader];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 65535);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        stream.Write(header);
        Span<byte> record = header[..RecordHeader];
        record.Clear();
        foreach (byte[] frame in frames)
        {
            BinaryPrimitives.WriteInt32LittleEndian(record[8..], frame.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record[12..], frame.Length);
            stream.Write(record);
            stream.Write(frame);
        }
    }

    public static List<byte[]> Read(string path)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path).AsSpan(FileHeader);
        List<byte[]> frames = [];
        while (rest.Length > 0)
        {
            int captured = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
            Assert.Equal(captured, BinaryPrimitives.ReadInt32LittleEndian(rest[12..]));
            frames.Add(rest.Slice(RecordHeader, captured).ToArray());
            rest = rest[(RecordHeader + captured)..];
        }

        return frames;
    }
}
