using OppTel.Bpf;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

public sealed class EgressTests : IDisposable
{
    private readonly KernelFixture kernel = new();

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void TheSharedLayoutsAgreeWithTheObject() =>
        Assert.Empty(LayoutCheck.FindDifferences(kernel.Object.Btf()));

    [Fact]
    public void ACarrierTakesWhatIsDueAndStripsBackToItself()
    {
        kernel.Publish(100, 1, 2, 0xFFFF_FFFF_FFFF);
        byte[] frame = Frames.Ipv4Udp(payload: 33);
        byte[] stamped = kernel.Send(frame);
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(stamped, out int length));
        Assert.Equal(24 + (3 * 8), length);
        Assert.Equal(frame, stamped[..^length]);
        TrailerReader reader = new(stamped.AsSpan(^length..));
        Assert.Equal((7, 3), (reader.Footer.Epoch, reader.Footer.Values));
        Assert.Equal([new ValueRecord(100, 1), new ValueRecord(101, 2), new ValueRecord(102, 0xFFFF_FFFF_FFFF)], [reader.Value(0), reader.Value(1), reader.Value(2)]);
        Assert.Equal(1ul, kernel.Count(EgressReason.Stamped));
        Assert.Equal(frame, kernel.Send(frame));
        Assert.Equal(1ul, kernel.Count(EgressReason.NothingDue));
    }
}
