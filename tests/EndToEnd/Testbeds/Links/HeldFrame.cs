namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>A frame that waits in a link.</summary>
/// <param name="Bytes">Room that the frame is in.</param>
/// <param name="Length">Bytes of the frame.</param>
/// <param name="Release">CLOCK_BOOTTIME ns when it goes on at the latest.</param>
/// <param name="Overtakers">Frames that came behind it and go before it; 0 where it keeps its place.</param>
/// <param name="Passed">Of these, frames that have gone.</param>
internal readonly record struct HeldFrame(byte[] Bytes, int Length, ulong Release, int Overtakers, int Passed)
{
    public ReadOnlySpan<byte> Frame => Bytes.AsSpan(0, Length);
}
