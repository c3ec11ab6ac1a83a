using System.Text.Json;
using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The golden vectors through the egress program: what would be stripped is not let out when somebody else wrote it.</summary>
public sealed class VectorTests : IDisposable
{
    private readonly KernelFixture kernel = new();

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void ForeignTrailersLeaveAsTheOriginals()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(KernelFixture.Root, "bpf", "vectors", "trailers.json")));
        kernel.State[0].LeaseUntil = 0;
        int run = 0;
        foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            string name = vector.GetProperty("name").GetString()!;
            byte[] frame = Bytes(vector, "frame");
            if (!TrySend(frame, out byte[] left))
                continue;
            run++;
            bool isTrailer = vector.GetProperty("verdict").GetString() == StripReason.Stripped.Label();
            if (isTrailer)
                Assert.True(Bytes(vector, "original").AsSpan().SequenceEqual(left), $"{name} left as {Convert.ToHexString(left)}");
            Assert.True(Trailer.Inspect(left, out _) != StripReason.Stripped, $"{name} would be stripped");
        }

        Assert.True(run > 20, $"the test harness took only {run} vectors");
    }

    private static byte[] Bytes(JsonElement vector, string key) => Convert.FromHexString(vector.GetProperty(key).GetString()!);

    /// <summary>The harness takes no frame that is shorter than the header that its EtherType announces, or longer than a page.</summary>
    private bool TrySend(byte[] frame, out byte[] left)
    {
        left = [];
        try
        {
            left = kernel.Send(frame);
            return true;
        }
        catch (BpfException exception) when (exception.Error == 22)
        {
            return false;
        }
    }
}
