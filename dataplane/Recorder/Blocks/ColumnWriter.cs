using System.Buffers.Binary;

namespace OppTel.Recorder.Blocks;

/// <summary>Bytes that grow at their end.</summary>
internal sealed class ColumnWriter
{
    private byte[] bytes = new byte[4096];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    /// <summary>Begins anew.</summary>
    public void Clear() => Length = 0;

    /// <summary>One byte.</summary>
    public void Write(byte value)
    {
        if (Length == bytes.Length)
            Grow();
        bytes[Length++] = value;
    }

    /// <summary>A number, seven bits in a byte, the lowest first.</summary>
    public void WriteNumber(ulong value)
    {
        while (value >= 0x80)
        {
            Write((byte)(value | 0x80));
            value >>= 7;
        }

        Write((byte)value);
    }

    /// <summary>A signed number: small ones of either sign are short.</summary>
    public void WriteSigned(long value) => WriteNumber(ZigZag.Encode(value));

    /// <summary>The lowest <paramref name="count"/> bytes, little-endian.</summary>
    public void WriteBytes(ulong value, int count)
    {
        if (Length + sizeof(ulong) > bytes.Length)
            Grow();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Length), value);
        Length += count;
    }

    /// <summary>Bytes as they are.</summary>
    public void Write(ReadOnlySpan<byte> more)
    {
        while (Length + more.Length > bytes.Length)
            Grow();
        more.CopyTo(bytes.AsSpan(Length));
        Length += more.Length;
    }

    private void Grow() => Array.Resize(ref bytes, bytes.Length * 2);
}

/// <summary>Signed numbers as unsigned ones: 0, -1, 1, -2 become 0, 1, 2, 3.</summary>
internal static class ZigZag
{
    public static ulong Encode(long value) => ((ulong)value << 1) ^ (ulong)(value >> 63);

    public static long Decode(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
