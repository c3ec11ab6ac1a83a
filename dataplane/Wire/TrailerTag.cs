using System.Buffers.Binary;

namespace OppTel.Wire;

/// <summary>The keyed tag of trailers. Section 2 of <c>bpf/WIRE.md</c>. Allocates nothing.</summary>
public static class TrailerTag
{
    private const int Tail = WireFormat.TagSize + WireFormat.FooterSize;

    /// <summary>The tag that belongs into a whole trailer: SipHash-2-4 over it with tag and checksum zero.</summary>
    /// <param name="trailer">Exactly its bytes; flag tag is set.</param>
    /// <param name="key">Of the host daemon that stamped it.</param>
    public static ulong Compute(ReadOnlySpan<byte> trailer, TrailerKey key)
    {
        SipHash hash = new(key);
        ReadOnlySpan<byte> rest = hash.Add(trailer[..^Tail]);
        // What is left of the records, the tag and the footer.
        Span<byte> end = stackalloc byte[sizeof(ulong) - 1 + Tail];
        end = end[..(rest.Length + Tail)];
        rest.CopyTo(end);
        trailer[^Tail..].CopyTo(end[rest.Length..]);
        end.Slice(rest.Length, WireFormat.TagSize).Clear();
        end.Slice(end.Length - WireFormat.FooterSize + WireFormat.ChecksumOffset, sizeof(ushort)).Clear();
        return hash.End(hash.Add(end), trailer.Length);
    }

    /// <summary>Whether a trailer carries a tag, and the right one.</summary>
    /// <param name="trailer">Exactly its bytes, as <see cref="Trailer.Inspect(ReadOnlySpan{byte}, out int)"/> found them.</param>
    /// <param name="key">Of the host daemon that may have stamped it.</param>
    public static bool IsRight(ReadOnlySpan<byte> trailer, TrailerKey key) =>
        IsThere(trailer) && Read(trailer) == Compute(trailer, key);

    /// <summary>Whether a trailer carries a tag.</summary>
    public static bool IsThere(ReadOnlySpan<byte> trailer) =>
        (Footer.Read(trailer).Flags & TrailerFlags.Tag) != 0 && trailer.Length >= Tail;

    /// <summary>The tag that a trailer carries.</summary>
    public static ulong Read(ReadOnlySpan<byte> trailer) => BinaryPrimitives.ReadUInt64LittleEndian(trailer[^Tail..]);

    /// <summary>Puts the right tag into a trailer with flag tag, and makes it checksum-neutral again.</summary>
    public static void Sign(Span<byte> trailer, TrailerKey key)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[^Tail..], Compute(trailer, key));
        TrailerWriter.Neutralise(trailer);
    }
}
