using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>Which trailer it is.</summary>
/// <param name="Stream">CPU of the host.</param>
/// <param name="Epoch">Of the catalog.</param>
/// <param name="Sequence">Within the stream.</param>
internal readonly record struct TrailerIdentity(ushort Stream, ushort Epoch, uint Sequence)
{
    /// <summary>The trailer at the end of a frame; false without a whole one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out TrailerIdentity identity)
    {
        identity = default;
        if (Trailer.Inspect(frame, out _) != StripReason.Stripped)
            return false;
        Footer footer = Footer.Read(frame);
        identity = new TrailerIdentity(footer.Stream, footer.Epoch, footer.Sequence);
        return true;
    }
}
