using System.Buffers;

namespace OppTel.Exports;

/// <summary>Spells labels.</summary>
internal static class LabelSpelling
{
    /// <summary>Writes all labels of a series, or of an exemplar.</summary>
    public static void Write(LabelFormat format, ReadOnlySpan<(string Name, string Value)> labels, IBufferWriter<byte> output)
    {
        if (format == LabelFormat.Text)
            new TextOutput(output).Labels(labels);
        else
            new ProtobufOutput(output).Labels(labels);
    }
}
