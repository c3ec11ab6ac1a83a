using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace OppTel.Exports;

/// <summary>Puts fields of a protobuf message into a buffer; whoever nests messages says their length first.</summary>
/// <param name="output">The buffer.</param>
internal readonly struct ProtobufOutput(IBufferWriter<byte> output)
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthType = 2;

    /// <summary>Bytes of a field with a double: field numbers below 16 take one byte.</summary>
    public const int SizeOfDouble = 1 + sizeof(double);

    /// <summary>Bytes of a varint.</summary>
    public static int SizeOf(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Bytes of a field with a nested message of <paramref name="length"/> bytes.</summary>
    public static int SizeOfMessage(int length) => 1 + SizeOf((ulong)length) + length;

    /// <summary>Bytes of a field with a text.</summary>
    public static int SizeOfText(string text) => SizeOfMessage(Encoding.UTF8.GetByteCount(text));

    /// <summary>A number alone, as before a delimited message.</summary>
    public void Varint(ulong value)
    {
        Span<byte> bytes = output.GetSpan(10);
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            bytes[length++] = (byte)(value | 0x80);
        bytes[length++] = (byte)value;
        output.Advance(length);
    }

    /// <summary>A field with an unsigned number.</summary>
    public void Unsigned(int field, ulong value)
    {
        Varint((ulong)(field << 3) | VarintType);
        Varint(value);
    }

    /// <summary>Bytes of a signed number.</summary>
    public static int SizeOfZigzag(long value) => SizeOf(ZigzagOf(value));

    /// <summary>A signed number alone.</summary>
    public void Zigzag(long value) => Varint(ZigzagOf(value));

    /// <summary>A field with a signed number.</summary>
    public void Signed(int field, long value)
    {
        Varint((ulong)(field << 3) | VarintType);
        Zigzag(value);
    }

    /// <summary>A field with a double.</summary>
    public void Double(int field, double value)
    {
        Varint((ulong)(field << 3) | Fixed64Type);
        BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(sizeof(double)), value);
        output.Advance(sizeof(double));
    }

    /// <summary>A field with a text.</summary>
    public void Text(int field, string text)
    {
        Length(field, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }

    /// <summary>Begins a field of so many bytes: a message, or packed numbers.</summary>
    public void Length(int field, int bytes)
    {
        Varint((ulong)(field << 3) | LengthType);
        Varint((ulong)bytes);
    }

    /// <summary>A field with a message that is encoded already.</summary>
    public void Message(int field, ReadOnlySpan<byte> message)
    {
        Length(field, message.Length);
        output.Write(message);
    }

    /// <summary>Labels: field 1 of a metric and of an exemplar.</summary>
    public void Labels(ReadOnlySpan<(string Name, string Value)> labels)
    {
        foreach ((string name, string value) in labels)
        {
            Length(1, SizeOfText(name) + SizeOfText(value));
            Text(1, name);
            Text(2, value);
        }
    }

    /// <summary>Bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    /// <summary>Small numbers of either sign become small unsigned ones.</summary>
    private static ulong ZigzagOf(long value) => (ulong)((value << 1) ^ (value >> 63));
}
