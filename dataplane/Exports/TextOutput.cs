using System.Buffers;
using System.Text;

namespace OppTel.Exports;

/// <summary>Puts pieces of text into a buffer as UTF-8, without strings in between.</summary>
/// <param name="output">The buffer.</param>
internal readonly struct TextOutput(IBufferWriter<byte> output)
{
    /// <summary>Bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    /// <summary>A text as it is.</summary>
    public void Text(string text) => Encoding.UTF8.GetBytes(text, output);

    /// <summary>A text whose backslashes, line feeds and, where asked for, quotes are escaped.</summary>
    public void Escaped(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') >= 0)
        {
            text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text = quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
        }

        Text(text);
    }

    /// <summary>Labels, without braces around them.</summary>
    public void Labels(ReadOnlySpan<(string Name, string Value)> labels)
    {
        for (int index = 0; index < labels.Length; index++)
        {
            if (index > 0)
                Raw(","u8);
            Text(labels[index].Name);
            Raw("=\""u8);
            Escaped(labels[index].Value, quotes: true);
            Raw("\""u8);
        }
    }

    /// <summary>A number, as short as it can be read back exactly.</summary>
    public void Number(double value) => output.Advance(NumberText.Format(value, output.GetSpan(NumberText.MaxLength)));

    /// <summary>A bucket's bound: the same spelling in all formats, so that a series keeps its labels whatever a scraper asks for.</summary>
    public void Bound(double value) => output.Advance(NumberText.FormatBound(value, output.GetSpan(NumberText.MaxLength)));
}
