using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace OppTel.Segment.Tests;

public unsafe class SharedSegmentTests
{
    [Fact]
    public void BothSidesSeeTheSameBlocks()
    {
        using TemporarySegment temporary = new(workers: 3);
        using SharedSegment attached = SharedSegment.Attach(temporary.Path);
        Assert.Equal(temporary.Segment.Header.Instance, attached.Header.Instance);
        Assert.Equal((3, 2), (attached.Workers, attached.Ports));
        Assert.Equal(("host0", "pair0"), (attached.PortName(0), attached.PairName(0)));
        Assert.Equal("uplink0", attached.PortName(1));
        for (int worker = 0; worker < 3; worker++)
        {
            temporary.Segment.WorkerCounters(worker)[(int)WorkerCounter.Polls] = (ulong)worker;
            temporary.Segment.PortCounters(worker, 1)[(int)PortCounter.RxPackets] = 100 + (ulong)worker;
        }

        for (int worker = 0; worker < 3; worker++)
        {
            Assert.Equal((ulong)worker, attached.WorkerCounters(worker)[(int)WorkerCounter.Polls]);
            Assert.Equal(100 + (ulong)worker, attached.PortCounters(worker, 1)[(int)PortCounter.RxPackets]);
        }
    }

    [Fact]
    public void EveryNumberThatTheLayoutDependsOnIsChecked()
    {
        foreach (int offset in (int[])[0, 8, 12, 16, 40, 44, 48, 52, 56, 60, 64, 72, 80, 88])
        {
            using TemporarySegment temporary = new();
            using (FileStream file = new(temporary.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            {
                file.Position = offset;
                int old = file.ReadByte();
                file.Position = offset;
                file.WriteByte((byte)(old ^ 1));
            }

            SegmentException exception = Assert.Throws<SegmentException>(() => SharedSegment.Attach(temporary.Path).Dispose());
            Assert.Contains(temporary.Path, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AnAggregatorThatWritesToTheHeaderMovesNothingOfTheDataplane()
    {
        using TemporarySegment temporary = new(workers: 2);
        SharedSegment segment = temporary.Segment;
        segment.Port(1).Mtu = 77;
        segment.WorkerCounters(1)[0] = 78;
        using (SharedSegment attached = SharedSegment.Attach(temporary.Path))
            new Span<byte>(Unsafe.AsPointer(ref attached.Header), Unsafe.SizeOf<SegmentHeader>()).Fill(0x7F);
        Assert.Equal((2, 2), (segment.Workers, segment.Ports));
        Assert.Equal((77u, 78ul), (segment.Port(1).Mtu, segment.WorkerCounters(1)[0]));
        RingProducer ring = segment.Producer(1);
        Assert.Equal(100, ring.TryReserve(RecordKind.Trailer, 0, 1, 100).Length);
        Assert.True(ring.TryReserve(RecordKind.Trailer, 0, 1, 5000).IsEmpty);
    }

    [Fact]
    public void MemoryThatIsNotThereIsMissedAtTheStartNotByAWorker()
    {
        string directory = Directory.CreateTempSubdirectory("opptel-small-").FullName;
        Run("mount", "-t", "tmpfs", "-o", "size=64k", "opptel-small", directory);
        try
        {
            string path = Path.Combine(directory, "segment");
            SegmentDescription description = new(1, [new PortDescription("p", "p", PortSide.Host, 1500)], 1 << 20);
            Assert.Contains(path, Assert.Throws<SegmentException>(() => SharedSegment.Create(path, description, null).Dispose()).Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(directory));
        }
        finally
        {
            Run("umount", directory);
            Directory.Delete(directory);
        }
    }

    [Fact]
    public void AShortFileIsRefused()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Contains("too short", Assert.Throws<SegmentException>(() => SharedSegment.Attach(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ATruncatedSegmentIsRefused()
    {
        using TemporarySegment temporary = new();
        string copy = temporary.Path + ".copy";
        File.Copy(temporary.Path, copy);
        using (FileStream file = new(copy, FileMode.Open))
            file.SetLength(file.Length - 1);
        Assert.Throws<SegmentException>(() => SharedSegment.Attach(copy));
    }

    [Fact]
    public void ALiveOwnerIsNotReplacedADeadOrStoppedOneIs()
    {
        using TemporarySegment temporary = new();
        SegmentException refused = Assert.Throws<SegmentException>(() => SharedSegment.Create(temporary.Path, temporary.Description, null));
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);

        ulong first = temporary.Segment.Header.Instance;
        temporary.Segment.Header.ProcessId = int.MaxValue;
        using (SharedSegment second = SharedSegment.Create(temporary.Path, temporary.Description, null))
        {
            Assert.NotEqual(first, second.Header.Instance);
            temporary.Segment.Unlink();
            Assert.True(File.Exists(temporary.Path));
            second.Header.State = (uint)SegmentState.Stopped;
        }

        using SharedSegment third = SharedSegment.Create(temporary.Path, temporary.Description, null);
        third.Unlink();
        Assert.False(File.Exists(temporary.Path));
    }

    [Fact]
    public void OthersCannotReadTheSegment()
    {
        using TemporarySegment temporary = new();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temporary.Path));
        Assert.Equal([temporary.Path], Directory.GetFiles(Path.GetDirectoryName(temporary.Path)!));
    }

    [Fact]
    public void OutOfBoundsDescriptionsAreRefused()
    {
        PortDescription port = new("p", "p", PortSide.Host, 1500);
        foreach (SegmentDescription description in (SegmentDescription[])
            [new(0, [port], 4096), new(65, [port], 4096), new(1, [], 4096), new(1, [port], 5000), new(1, [port], 2048), new(1, [port with { Name = new string('x', 65) }], 4096)])
        {
            string path = Path.Combine(Path.GetTempPath(), $"opptel-{Guid.NewGuid():N}");
            Assert.Throws<SegmentException>(() => SharedSegment.Create(path, description, null));
            Assert.Empty(Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(path) + "*"));
        }
    }

    [Fact]
    public void TheHostViewIsNeverSeenHalfWritten()
    {
        using TemporarySegment temporary = new();
        SharedSegment segment = temporary.Segment;
        using CancellationTokenSource stop = new();
        Thread writing = new(() =>
        {
            for (ulong number = 1; !stop.IsCancellationRequested; number++)
            {
                ref HostView view = ref segment.Port(0).Host;
                SequenceLock.BeginWrite(ref view.Sequence);
                view.HostInstance = number;
                view.Epoch = (ushort)number;
                SequenceLock.EndWrite(ref view.Sequence);
                // A writer without a pause can keep a reader out for as long as it likes.
                Thread.SpinWait((int)(number % 64));
            }
        })
        { IsBackground = true };
        writing.Start();
        int copies = 0;
        while (copies < 100_000)
        {
            if (!SequenceLock.TryCopy(in segment.Port(0).Host, out HostView copy))
                continue;
            Assert.Equal((ushort)copy.HostInstance, copy.Epoch);
            copies++;
        }

        stop.Cancel();
        writing.Join();
    }

    [Fact]
    public void AWriterThatDiedHalfWayIsReportedNotWaitedFor()
    {
        using TemporarySegment temporary = new();
        ref HostView view = ref temporary.Segment.Port(0).Host;
        SequenceLock.BeginWrite(ref view.Sequence);
        Assert.False(SequenceLock.TryCopy(in view, out _));
        SequenceLock.BeginWrite(ref view.Sequence);
        SequenceLock.EndWrite(ref view.Sequence);
        Assert.True(SequenceLock.TryCopy(in view, out _));
    }

    [Fact]
    public void BlocksHaveTheirDocumentedSizes()
    {
        Assert.Equal(4096, Unsafe.SizeOf<SegmentHeader>());
        Assert.Equal(4096, Unsafe.SizeOf<PortBlock>());
        Assert.Equal(2048, Unsafe.SizeOf<HostView>());
        Assert.Equal(256, Unsafe.SizeOf<RingPositions>());
        Assert.Equal(RecordHeader.Size, Unsafe.SizeOf<RecordHeader>());
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
