using Microsoft.Extensions.Logging.Abstractions;
using OppTel.Aggregator.Draining;
using OppTel.Segment;

namespace OppTel.Aggregator.Tests;

public sealed class AttachmentTests : IDisposable
{
    private const ulong Second = 1_000_000_000;

    private readonly string directory = Directory.CreateTempSubdirectory("opptel-attach-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void OneThatStoodStillDoesNotDrainBesideItsSuccessor()
    {
        using TestDataplane dataplane = new(Path.Combine(directory, "segment"));
        using Attachment first = new(Path.Combine(directory, "segment"), 1, NullLogger.Instance);
        using Attachment second = new(Path.Combine(directory, "segment"), 2, NullLogger.Instance);
        ulong now = Boottime.Now;
        Assert.True(first.TryAttach(now));
        dataplane.Segment.Header.AggregatorHeartbeat = now;
        Assert.False(second.TryAttach(now));
        now += Second;
        Assert.True(second.TryAttach(now));
        dataplane.Segment.Header.AggregatorHeartbeat = now;
        dataplane.Trailer(new byte[24]);
        Assert.Equal(0, first.Drain(0, 10, Take));
        Assert.Equal(1, second.Drain(0, 10, Take));
        Assert.False(first.TryAttach(now));
        Assert.Null(first.Segment);
        Assert.NotNull(second.Segment);
    }

    [Fact]
    public void WhoHasHadEnoughIsGivenTheRestLater()
    {
        using TestDataplane dataplane = new(Path.Combine(directory, "segment"));
        using Attachment attachment = new(Path.Combine(directory, "segment"), 1, NullLogger.Instance);
        Assert.True(attachment.TryAttach(Boottime.Now));
        for (int record = 0; record < 3; record++)
            dataplane.Control(new byte[60]);
        for (int record = 0; record < 3; record++)
            Assert.Equal(1, attachment.Drain(0, 10, Take));
        Assert.Equal(0, attachment.Drain(0, 10, Take));
    }

    private static bool Take(in RecordHeader header, ReadOnlySpan<byte> payload) => header.Kind != RecordKind.Control;
}
