namespace OppTel.Faults.Tests.Traffic;

/// <summary>Bytes that both ends of a transfer know: what arrives is compared with what was sent, every byte of it.</summary>
internal static class Pattern
{
    /// <summary>Bytes until it repeats itself: no multiple of what packets or buffers hold.</summary>
    public const int Period = 1_000_003;

    /// <summary>Longest piece, in bytes.</summary>
    public const int LongestPiece = 1 << 16;

    private static readonly byte[] Bytes = Make();

    /// <summary>The bytes from a position on.</summary>
    public static ReadOnlySpan<byte> At(long position, int length) => Bytes.AsSpan((int)(position % Period), length);

    private static byte[] Make()
    {
        byte[] bytes = new byte[Period + LongestPiece];
        new Random(77).NextBytes(bytes.AsSpan(0, Period));
        bytes.AsSpan(0, LongestPiece).CopyTo(bytes.AsSpan(Period));
        return bytes;
    }
}
