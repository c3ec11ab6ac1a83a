using System.Buffers;

namespace OppTel.Exports;

/// <summary>The labels of one series, spelled once for each format and not again for each page. Any thread may use it.</summary>
/// <param name="labels">Names and values; they do not change.</param>
public sealed class LabelSet(IReadOnlyList<KeyValuePair<string, string>> labels)
{
    private byte[]? text;
    private byte[]? protobuf;
    private (string Name, string Value)[]? pairs;

    /// <summary>Names and values.</summary>
    public ReadOnlySpan<(string Name, string Value)> Pairs => pairs ??= [.. labels.Select(label => (label.Key, label.Value))];

    /// <summary>The labels as a format spells them. Two threads that ask first may both spell; they get the same.</summary>
    internal ReadOnlySpan<byte> Spelled(LabelFormat format) => format == LabelFormat.Text ? text ??= Spell(format) : protobuf ??= Spell(format);

    private byte[] Spell(LabelFormat format)
    {
        ArrayBufferWriter<byte> output = new(128);
        LabelSpelling.Write(format, [.. labels.Select(label => (label.Key, label.Value))], output);
        return output.WrittenSpan.ToArray();
    }
}
