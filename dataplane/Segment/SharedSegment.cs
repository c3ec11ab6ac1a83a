using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OppTel.Segment;

/// <summary>
/// The memory that dataplane and aggregator share: header, port blocks, worker blocks, rings. The dataplane makes it, the
/// aggregator maps it; either may die at any moment without the other one noticing more than silence.
/// </summary>
public sealed unsafe class SharedSegment : IDisposable
{
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;

    // The other side can write to the header, so nothing is looked up there again once it was judged.
    private SegmentPlan plan;
    private ulong instance;

    private SharedSegment(string path, MemoryMappedFile file, long size)
    {
        Path = path;
        this.file = file;
        view = file.CreateViewAccessor(0, size);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>The first block.</summary>
    public ref SegmentHeader Header => ref *(SegmentHeader*)start;

    /// <summary>Number of ports.</summary>
    public int Ports => (int)plan.Ports;

    /// <summary>Number of workers.</summary>
    public int Workers => (int)plan.Workers;

    /// <summary>Address of the first byte.</summary>
    public void* Start => start;

    /// <summary>Bytes of the mapping.</summary>
    public ulong Size => (ulong)plan.TotalSize;

    /// <summary>
    /// Makes a new segment at <paramref name="path"/>, replacing what a dead dataplane left there. The file appears under its
    /// name only when it is complete.
    /// </summary>
    /// <param name="path">Absolute path; the directory is made when missing.</param>
    /// <param name="description">What it holds.</param>
    /// <param name="group">Numeric group that may write the aggregator's fields, or null for the owner alone.</param>
    /// <exception cref="SegmentException">The path cannot be used, or a live dataplane owns it.</exception>
    public static SharedSegment Create(string path, SegmentDescription description, uint? group)
    {
        SegmentPlan plan = SegmentPlan.For(description);
        RefuseLiveOwner(path);
        string temporary = $"{path}.{Environment.ProcessId}";
        SharedSegment? segment = null;
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path);
            File.Delete(temporary);
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                // Memory that is only promised would be missing when a worker writes to it, which ends the process.
                PreallocationSize = plan.TotalSize,
            };
            using (FileStream stream = new(temporary, options))
            {
                stream.SetLength(plan.TotalSize);
                segment = new SharedSegment(path, MapWhole(stream, plan.TotalSize), plan.TotalSize) { plan = plan };
            }

            segment.Fill(description);
            if (group is { } id)
                GiveToGroup(temporary, id);
            File.Move(temporary, path, overwrite: true);
            return segment;
        }
        catch (Exception exception)
        {
            segment?.Dispose();
            if (File.Exists(temporary))
                File.Delete(temporary);
            if (exception is IOException or UnauthorizedAccessException)
                throw new SegmentException($"cannot create the segment {path}: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>Maps the segment that a dataplane made.</summary>
    /// <exception cref="SegmentException">It is missing, not accessible, of another layout, or damaged.</exception>
    public static SharedSegment Attach(string path)
    {
        SharedSegment? segment = null;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            long size = stream.Length;
            if (size < Unsafe.SizeOf<SegmentHeader>())
                throw new SegmentException($"{path} is too short to be a segment ({size} bytes)");
            segment = new SharedSegment(path, MapWhole(stream, size), size);
            if (segment.FindMismatch((ulong)size) is { } mismatch)
                throw new SegmentException($"{path} is not a segment that this program can use: {mismatch}");
            return segment;
        }
        catch (Exception exception)
        {
            segment?.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
                throw new SegmentException($"cannot map the segment {path}: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>Block of port <paramref name="index"/>.</summary>
    public ref PortBlock Port(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, plan.Ports);
        return ref *(PortBlock*)(start + SegmentPlan.PortsOffset + ((ulong)index * (ulong)sizeof(PortBlock)));
    }

    /// <summary>Name of port <paramref name="index"/> in metrics.</summary>
    public string PortName(int index)
    {
        fixed (byte* name = Port(index).Name)
            return ReadText(name);
    }

    /// <summary>Name of the pair that port <paramref name="index"/> belongs to.</summary>
    public string PairName(int index)
    {
        fixed (byte* pair = Port(index).Pair)
            return ReadText(pair);
    }

    /// <summary>The stream entries of a port's host view, <see cref="SegmentLayout.MaxStreams"/> of <see cref="HostView.StreamSize"/> bytes.</summary>
    public Span<byte> HostStreams(int port)
    {
        fixed (byte* streams = Port(port).Host.Streams)
            return new Span<byte>(streams, SegmentLayout.MaxStreams * HostView.StreamSize);
    }

    /// <summary>The <see cref="WorkerCounter"/> values of a worker; they never move, and 64-bit loads and stores are whole.</summary>
    public Span<ulong> WorkerCounters(int worker) => new(WorkerBlock(worker), Segment.WorkerCounters.Count);

    /// <summary>The <see cref="PortCounter"/> values of a port on a worker.</summary>
    public Span<ulong> PortCounters(int worker, int port)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)port, plan.Ports);
        ulong* counters = WorkerBlock(worker) + Segment.WorkerCounters.Count + (port * Segment.PortCounters.Count);
        return new Span<ulong>(counters, Segment.PortCounters.Count);
    }

    /// <summary>The producing end of a worker's ring; one per ring and process.</summary>
    public RingProducer Producer(int worker) =>
        new((RingPositions*)Ring(worker), Ring(worker) + sizeof(RingPositions), plan.RingBytes);

    /// <summary>The consuming end of a worker's ring; one per ring and process.</summary>
    public RingConsumer Consumer(int worker) =>
        new((RingPositions*)Ring(worker), Ring(worker) + sizeof(RingPositions), plan.RingBytes);

    /// <summary>Removes the file unless another dataplane has put its own there; mappings stay valid.</summary>
    public void Unlink()
    {
        if (TryReadInstance(Path) is not { } found || found == instance)
            File.Delete(Path);
    }

    /// <summary>Unmaps. Spans and rings of this segment must not be used afterwards.</summary>
    public void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }

    private static MemoryMappedFile MapWhole(FileStream stream, long size) =>
        MemoryMappedFile.CreateFromFile(
            stream, mapName: null, size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);

    private static void RefuseLiveOwner(string path)
    {
        if (!File.Exists(path))
            return;
        SegmentHeader header = ReadHeader(path);
        bool ours = header.Magic == SegmentLayout.Magic && header.State != (uint)SegmentState.Stopped;
        // The control thread moves the heartbeat many times a second: five seconds of silence are a death.
        if (ours && Boottime.Now - header.DataplaneHeartbeat < 5_000_000_000 && Directory.Exists($"/proc/{header.ProcessId}"))
        {
            throw new SegmentException(
                $"the segment {path} belongs to a running dataplane (process {header.ProcessId}); "
                + "stop it, or give this one another path (segment.path)");
        }
    }

    private static ulong? TryReadInstance(string path) =>
        File.Exists(path) && ReadHeader(path) is { Magic: SegmentLayout.Magic } header ? header.Instance : null;

    private static SegmentHeader ReadHeader(string path)
    {
        SegmentHeader header = default;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _ = stream.ReadAtLeast(MemoryMarshal.AsBytes(new Span<SegmentHeader>(ref header)), sizeof(SegmentHeader), throwOnEndOfStream: false);
        return header;
    }

    private static void GiveToGroup(string path, uint group)
    {
        if (Native.Chown(path, uint.MaxValue, group) != 0)
            throw new IOException($"chown to group {group}: {Marshal.GetLastPInvokeErrorMessage()}");
        File.SetUnixFileMode(
            path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    private static string ReadText(byte* text)
    {
        ReadOnlySpan<byte> bytes = new(text, PortBlock.NameSize);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static void WriteText(string text, byte* destination)
    {
        Span<byte> bytes = new(destination, PortBlock.NameSize);
        if (!Encoding.UTF8.TryGetBytes(text, bytes, out _))
            throw new SegmentException($"the name '{text}' is longer than {PortBlock.NameSize} UTF-8 bytes");
    }

    private void Fill(SegmentDescription description)
    {
        plan.WriteTo(ref Header);
        Header.Instance = instance = (ulong)Random.Shared.NextInt64(1, long.MaxValue);
        Header.ProcessId = Environment.ProcessId;
        Header.DataplaneStarted = Header.DataplaneHeartbeat = Boottime.Now;
        for (int index = 0; index < description.Ports.Count; index++)
        {
            PortDescription port = description.Ports[index];
            fixed (PortBlock* block = &Port(index))
            {
                WriteText(port.Name, block->Name);
                WriteText(port.Pair, block->Pair);
                block->Side = (uint)port.Side;
                block->Mtu = port.Mtu;
                block->RequiresTags = port.RequiresTags ? 1u : 0u;
            }
        }

        Volatile.Write(ref Header.Magic, SegmentLayout.Magic);
    }

    private string? FindMismatch(ulong size)
    {
        SegmentHeader header = Header;
        if (header.Magic != SegmentLayout.Magic)
            return "it does not start with the segment's magic";
        if (header.Version != SegmentLayout.Version)
            return $"its layout has version {header.Version}, this program knows {SegmentLayout.Version}; use programs of one release";
        plan = SegmentPlan.Of(header);
        return plan.FindMismatch(header, size);
    }

    private ulong* WorkerBlock(int worker)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)worker, plan.Workers);
        return (ulong*)(start + plan.WorkersOffset + ((ulong)worker * plan.WorkerBlockSize));
    }

    private byte* Ring(int worker)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)worker, plan.Workers);
        return start + plan.RingsOffset + ((ulong)worker * plan.RingStride);
    }
}
