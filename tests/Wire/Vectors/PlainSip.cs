namespace OppTel.Wire.Tests.Vectors;

/// <summary>SipHash-2-4 once more, from its paper, over an array of four words; it shares nothing with the code under test.</summary>
internal static class PlainSip
{
    public static ulong Hash(byte[] key, byte[] message)
    {
        ulong k0 = Word(key, 0), k1 = Word(key, 8);
        ulong[] v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573];
        byte[] padded = [.. message, .. new byte[7 - (message.Length % 8)], (byte)message.Length];
        for (int at = 0; at < padded.Length; at += 8)
        {
            v[3] ^= Word(padded, at);
            Rounds(v, 2);
            v[0] ^= Word(padded, at);
        }

        v[2] ^= 0xff;
        Rounds(v, 4);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    /// <summary>The tag of a whole trailer: bytes 32 to 25 from its end and the checksum count as zero.</summary>
    public static ulong Tag(byte[] key, byte[] trailer)
    {
        byte[] message = [.. trailer];
        message.AsSpan(message.Length - 32, 8).Clear();
        message.AsSpan(message.Length - 6, 2).Clear();
        return Hash(key, message);
    }

    private static void Rounds(ulong[] v, int count)
    {
        for (; count > 0; count--)
        {
            HalfRound(v, 0, 1, 13, 32);
            HalfRound(v, 2, 3, 16, 0);
            HalfRound(v, 0, 3, 21, 0);
            HalfRound(v, 2, 1, 17, 32);
        }
    }

    private static void HalfRound(ulong[] v, int a, int b, int rotateB, int rotateA)
    {
        v[a] = unchecked(v[a] + v[b]);
        v[b] = ulong.RotateLeft(v[b], rotateB) ^ v[a];
        v[a] = ulong.RotateLeft(v[a], rotateA);
    }

    private static ulong Word(byte[] bytes, int at)
    {
        ulong word = 0;
        for (int index = 7; index >= 0; index--)
            word = (word * 256) + bytes[at + index];
        return word;
    }
}
