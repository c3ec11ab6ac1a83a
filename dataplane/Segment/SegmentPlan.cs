using System.Numerics;
using System.Runtime.CompilerServices;

namespace OppTel.Segment;

/// <summary>Where the blocks of a segment lie: computed the same way by the side that makes it and the side that checks it.</summary>
internal readonly record struct SegmentPlan(uint Workers, uint Ports, uint RingBytes)
{
    private const uint SmallestRing = 4096;
    private const uint LargestRing = 1 << 30;

    /// <summary>Offset of the first port block.</summary>
    public static ulong PortsOffset => Align((ulong)Unsafe.SizeOf<SegmentHeader>());

    /// <summary>Offset of the first worker block.</summary>
    public ulong WorkersOffset => PortsOffset + (Ports * Align((ulong)Unsafe.SizeOf<PortBlock>()));

    /// <summary>Bytes from one worker block to the next.</summary>
    public ulong WorkerBlockSize => Align(sizeof(ulong) * ((ulong)WorkerCounters.Count + (Ports * (ulong)PortCounters.Count)));

    /// <summary>Offset of the first ring.</summary>
    public ulong RingsOffset => WorkersOffset + (Workers * WorkerBlockSize);

    /// <summary>Bytes from one ring to the next.</summary>
    public ulong RingStride => Align((ulong)Unsafe.SizeOf<RingPositions>() + RingBytes);

    /// <summary>Bytes of the whole segment.</summary>
    public long TotalSize => (long)(RingsOffset + (Workers * RingStride));

    /// <summary>The plan of a new segment.</summary>
    /// <exception cref="SegmentException">A number is out of bounds.</exception>
    public static SegmentPlan For(SegmentDescription description)
    {
        SegmentPlan plan = new((uint)description.Workers, (uint)description.Ports.Count, description.RingBytes);
        return plan.FindOutOfBounds() is { } problem ? throw new SegmentException(problem) : plan;
    }

    /// <summary>The plan that follows from the numbers in a header.</summary>
    public static SegmentPlan Of(in SegmentHeader header) => new(header.Workers, header.Ports, header.RingBytes);

    /// <summary>Writes everything that the plan decides.</summary>
    public void WriteTo(ref SegmentHeader header)
    {
        header.Version = SegmentLayout.Version;
        header.HeaderSize = (uint)Unsafe.SizeOf<SegmentHeader>();
        header.TotalSize = (ulong)TotalSize;
        header.Workers = Workers;
        header.Ports = Ports;
        header.RingBytes = RingBytes;
        header.PortBlockSize = (uint)Unsafe.SizeOf<PortBlock>();
        header.WorkerBlockSize = (uint)WorkerBlockSize;
        header.PortCounterCount = PortCounters.Count;
        header.PortsOffset = PortsOffset;
        header.WorkersOffset = WorkersOffset;
        header.RingsOffset = RingsOffset;
        header.RingStride = RingStride;
    }

    /// <summary>The first contradiction between a header, this plan and the size of the file; null when there is none.</summary>
    public string? FindMismatch(in SegmentHeader header, ulong fileSize)
    {
        if (FindOutOfBounds() is { } problem)
            return problem;
        SegmentHeader expected = header;
        WriteTo(ref expected);
        if (expected.HeaderSize != header.HeaderSize || expected.PortBlockSize != header.PortBlockSize
            || expected.WorkerBlockSize != header.WorkerBlockSize || expected.PortCounterCount != header.PortCounterCount)
            return "its blocks have other sizes; use programs of one release";
        if (expected.PortsOffset != header.PortsOffset || expected.WorkersOffset != header.WorkersOffset
            || expected.RingsOffset != header.RingsOffset || expected.RingStride != header.RingStride)
            return "its blocks lie elsewhere; use programs of one release";
        return expected.TotalSize != header.TotalSize || expected.TotalSize != fileSize
            ? $"its size is {fileSize} bytes where {expected.TotalSize} belong"
            : null;
    }

    private static ulong Align(ulong size) =>
        (size + SegmentLayout.BlockAlignment - 1) & ~((ulong)SegmentLayout.BlockAlignment - 1);

    private string? FindOutOfBounds()
    {
        if (Workers is 0 or > SegmentLayout.MaxWorkers)
            return $"a segment has 1 to {SegmentLayout.MaxWorkers} workers, not {Workers}";
        if (Ports is 0 or > SegmentLayout.MaxPorts)
            return $"a segment has 1 to {SegmentLayout.MaxPorts} ports, not {Ports}";
        return RingBytes is < SmallestRing or > LargestRing || !BitOperations.IsPow2(RingBytes)
            ? $"a ring has a power of two of bytes, 4 KiB to 1 GiB, not {RingBytes}"
            : null;
    }
}
