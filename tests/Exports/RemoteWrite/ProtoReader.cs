using System.Buffers.Binary;
using System.Text;

namespace OppTel.Exports.Tests.RemoteWrite;

/// <summary>One field of a protobuf message.</summary>
internal readonly record struct ProtoField(int Number, int WireType, ulong Value, byte[] Bytes)
{
    public string Text => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Bytes);

    public double Double => BitConverter.UInt64BitsToDouble(Value);

    /// <summary>A sint32 or sint64.</summary>
    public long ZigZag => (long)(Value >> 1) ^ -(long)(Value & 1);

    /// <summary>Packed varints.</summary>
    public IEnumerable<ulong> Varints()
    {
        for (int at = 0; at < Bytes.Length;)
            yield return ProtoReader.Varint(Bytes, ref at);
    }
}

/// <summary>Reads protobuf messages field by field, without a schema.</summary>
internal static class ProtoReader
{
    public static List<ProtoField> Fields(byte[] message)
    {
        List<ProtoField> fields = [];
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message, ref at);
            (int number, int type) = ((int)(tag >> 3), (int)(tag & 7));
            ulong value = 0;
            byte[] bytes = [];
            switch (type)
            {
                case 0: value = Varint(message, ref at); break;
                case 1: (value, at) = (BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), at + 8); break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    (bytes, at) = (message.AsSpan(at, length).ToArray(), at + length);
                    break;
                default: Assert.Fail($"wire type {type}"); break;
            }

            fields.Add(new ProtoField(number, type, value, bytes));
        }

        return fields;
    }

    public static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
