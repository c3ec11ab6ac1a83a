using System.Buffers.Binary;

namespace OppTel.Dataplane.Tests.Replay;

/// <summary>Builds capture files byte by byte, so that the reader under test has nothing to agree with but the format.</summary>
internal sealed class CaptureFile(bool bigEndian = false, uint magic = 0xA1B23C4D, uint linkType = 1, uint snapLength = 262144)
{
    private readonly List<byte> bytes = Header(bigEndian, magic, linkType, snapLength);

    public byte[] Bytes => [.. bytes];

    public CaptureFile Add(byte[] frame, uint seconds = 0, uint fraction = 0, uint? length = null)
    {
        Put(bytes, bigEndian, seconds, fraction, (uint)frame.Length, length ?? (uint)frame.Length);
        bytes.AddRange(frame);
        return this;
    }

    /// <summary>One pcapng section with one Ethernet interface and a resolution of nanoseconds.</summary>
    public static byte[] PcapNg(IEnumerable<(byte[] Frame, ulong Time)> frames)
    {
        List<byte> file = [];
        Block(file, 0x0A0D0D0A, [0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, .. Enumerable.Repeat((byte)0xFF, 8)]);
        Block(file, 1, [1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        foreach ((byte[] frame, ulong time) in frames)
        {
            List<byte> packet = [];
            Put(packet, false, 0, (uint)(time >> 32), (uint)time, (uint)frame.Length, (uint)frame.Length);
            packet.AddRange(frame);
            packet.AddRange(new byte[-frame.Length & 3]);
            Block(file, 6, [.. packet]);
        }

        return [.. file];
    }

    private static List<byte> Header(bool bigEndian, uint magic, uint linkType, uint snapLength)
    {
        List<byte> header = [];
        Put(header, bigEndian, magic);
        header.AddRange(bigEndian ? [0, 2, 0, 4] : [2, 0, 4, 0]);
        // Time zone and accuracy mean nothing and have to survive all the same.
        Put(header, bigEndian, 0x0102_0304, 0x0506_0708, snapLength, linkType);
        return header;
    }

    private static void Block(List<byte> file, uint type, byte[] body)
    {
        uint length = (uint)body.Length + 12;
        Put(file, false, type, length);
        file.AddRange(body);
        Put(file, false, length);
    }

    private static void Put(List<byte> target, bool bigEndian, params ReadOnlySpan<uint> words)
    {
        Span<byte> field = stackalloc byte[4];
        foreach (uint word in words)
        {
            if (bigEndian)
                BinaryPrimitives.WriteUInt32BigEndian(field, word);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(field, word);
            target.AddRange(field);
        }
    }
}
