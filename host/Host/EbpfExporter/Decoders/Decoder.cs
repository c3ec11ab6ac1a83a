namespace OppTel.Host.EbpfExporter.Decoders;

/// <summary>Makes of a part of a key, or of what the decoder before made of it, another text. Returns null for what is not to be shown.</summary>
/// <param name="value">Bytes of the key, or a text in UTF-8.</param>
/// <param name="context">What can be asked.</param>
internal delegate byte[]? Decode(byte[] value, DecoderContext context);

/// <summary>One step from the bytes of a key to a label.</summary>
/// <param name="Name">As ebpf_exporter calls it.</param>
/// <param name="Decode">What it does.</param>
internal sealed record Decoder(string Name, Decode Decode);
