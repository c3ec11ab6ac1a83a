namespace OppTel.Exports.Tests.RemoteWrite;

/// <summary>Decompresses a Snappy block, from the description of the format.</summary>
internal static class SnappyBlock
{
    public static byte[] Decompress(ReadOnlySpan<byte> block)
    {
        int at = 0;
        byte[] plain = new byte[ProtoReader.Varint(block, ref at)];
        int length = 0;
        while (at < block.Length)
        {
            byte tag = block[at++];
            if ((tag & 3) == 0)
            {
                int count = tag >> 2;
                int extra = count < 60 ? 0 : count - 59;
                if (extra > 0)
                    count = LittleEndian(block, ref at, extra);
                block.Slice(at, ++count).CopyTo(plain.AsSpan(length));
                (at, length) = (at + count, length + count);
                continue;
            }

            (int copy, int offset) = (tag & 3) switch
            {
                1 => (4 + ((tag >> 2) & 7), ((tag >> 5) << 8) | block[at++]),
                2 => ((tag >> 2) + 1, LittleEndian(block, ref at, 2)),
                _ => ((tag >> 2) + 1, LittleEndian(block, ref at, 4)),
            };
            for (int index = 0; index < copy; index++, length++)
                plain[length] = plain[length - offset];
        }

        Assert.Equal(plain.Length, length);
        return plain;
    }

    private static int LittleEndian(ReadOnlySpan<byte> block, ref int at, int bytes)
    {
        int value = 0;
        for (int index = 0; index < bytes; index++)
            value |= block[at++] << (8 * index);
        return value;
    }
}
