namespace OppTel.Segment.Tests;

/// <summary>A segment in a directory of its own, removed at the end.</summary>
internal sealed class TemporarySegment : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("opptel-segment-").FullName;

    public TemporarySegment(uint ringBytes = 4096, int workers = 1)
    {
        Description = new SegmentDescription(
            workers,
            [new PortDescription("host0", "pair0", PortSide.Host, 1500), new PortDescription("uplink0", "pair0", PortSide.Network, 1500)],
            ringBytes);
        Segment = SharedSegment.Create(Path, Description, group: null);
        Segment.Header.State = (uint)SegmentState.Running;
    }

    public string Path => System.IO.Path.Combine(directory, "segment");

    public SegmentDescription Description { get; }

    public SharedSegment Segment { get; }

    public void Dispose()
    {
        Segment.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
