using OppTel.Capture;

namespace OppTel.Wire.Tests;

/// <summary>Real captures full of odd and malformed protocols: nothing is taken off, and what was appended comes off again.</summary>
public sealed class CaptureTests
{
    private const int Files = 232;

    /// <summary>Every frame of every capture, whatever its link type: to the parser all of them are bytes.</summary>
    private static readonly Lazy<List<byte[]>> All = new(ReadAll);

    [Fact]
    public void NoRealFrameCarriesATrailer()
    {
        foreach (byte[] frame in All.Value)
        {
            Assert.NotEqual(StripReason.Stripped, Trailer.Inspect(frame, out int length));
            Assert.Equal(0, length);
            Assert.Equal(PlainParser.EndOfL3(frame), L3.TryFindEnd(frame, out int end) ? end : null);
        }
    }

    [Fact]
    public void EveryRealFrameSurvivesASenderAndAStripper()
    {
        byte[] trailer = Frames.Trailer(Frames.Values(5));
        int carriers = 0;
        foreach (byte[] frame in All.Value)
        {
            byte[] carrier = [.. frame, .. trailer];
            bool isCarrier = PlainParser.EndOfL3(frame) == frame.Length;
            carriers += isCarrier ? 1 : 0;
            StripReason reason = Trailer.Inspect(carrier, out int length);
            Assert.Equal(isCarrier, reason == StripReason.Stripped);
            Assert.Equal(isCarrier ? frame : carrier, carrier[..^length]);
        }

        Assert.True(carriers > 1000, $"only {carriers} of {All.Value.Count} frames could carry");
    }

    private static List<byte[]> ReadAll()
    {
        string[] files = Directory.GetFiles(Checkout.Captures, "*.pcap", SearchOption.AllDirectories);
        Assert.True(files.Length >= Files, $"{files.Length} captures in {Checkout.Captures}, at least {Files} belong there");
        List<byte[]> frames = [];
        foreach (string file in files)
        {
            try
            {
                using CaptureReader reader = CaptureReader.Open(file);
                while (reader.TryRead(out _, out ReadOnlySpan<byte> bytes))
                    frames.Add(bytes.ToArray());
            }
            catch (CaptureException)
            {
                // Some of them break off on purpose: what comes before counts.
            }
        }

        return frames;
    }
}
