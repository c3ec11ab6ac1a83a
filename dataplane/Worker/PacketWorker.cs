using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Worker.Tunnels;

namespace OppTel.Worker;

/// <summary>
/// The loop of one worker: polls its queue of every port, takes trailers and control frames off what comes from the host,
/// passes everything else on. It shares nothing with other workers, takes no lock, allocates nothing, and calls into DPDK
/// once per burst and direction.
/// </summary>
public sealed unsafe partial class PacketWorker : IDisposable
{
    private const int BurstSize = Candidates.MaxWords;
    private const int SendRetries = 16;

    /// <summary>Rounds between two looks at the clock; a power of two.</summary>
    private const ulong HousekeepingRounds = 256;

    /// <summary>Rounds that drain the queues at most after the stop: an endless source must not keep the worker.</summary>
    private const int DrainRounds = 64;

    private readonly ushort queue;
    private readonly Lane[] lanes;
    private readonly BeaconSlot[] beacons;
    private readonly PacketPool pool;
    private readonly bool adaptive;
    private readonly ulong* counters;
    private readonly RteMbuf** burst;
    private readonly ulong* heads;
    private readonly ulong* tails;
    private readonly byte* scratch;
    private RingProducer ring;
    private IdleSleep idle;
    private long allocatedBefore;
    private int collectionsBefore;
    private ulong heartbeat;
    private bool stopping;

    /// <summary>Makes a worker; its memory is native, so that no collection moves it.</summary>
    public PacketWorker(WorkerSetup setup)
    {
        queue = setup.Queue;
        lanes = setup.Lanes;
        beacons = setup.Beacons;
        pool = setup.Pool;
        adaptive = setup.Adaptive;
        tunnels = setup.Tunnels;
        fragmentTimeout = setup.FragmentTimeout;
        foreach (ref Lane lane in lanes.AsSpan())
            lane.Fragments = lane.FromHost && !tunnels.IsEmpty ? new FragmentTable() : null;
        ring = setup.Segment.Producer(setup.Queue);
        counters = (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(setup.Segment.WorkerCounters(setup.Queue)));
        Cpu = setup.Cpu;
        counters[(int)WorkerCounter.Cpu] = (ulong)setup.Cpu;
        heartbeat = counters[(int)WorkerCounter.Heartbeat] = Boottime.Now;
        burst = (RteMbuf**)NativeMemory.AlignedAlloc((nuint)(BurstSize * sizeof(RteMbuf*)), 128);
        heads = (ulong*)NativeMemory.AlignedAlloc(BurstSize * sizeof(ulong), 128);
        tails = (ulong*)NativeMemory.AlignedAlloc(BurstSize * sizeof(ulong), 128);
        scratch = (byte*)NativeMemory.AlignedAlloc(ScratchSize, 128);
        outgoing = (RteMbuf**)NativeMemory.AlignedAlloc((nuint)((BurstSize + FragmentTable.MostHeld) * sizeof(RteMbuf*)), 128);
    }

    /// <summary>CPU that it is pinned to.</summary>
    public int Cpu { get; }

    /// <summary>CLOCK_BOOTTIME ns of a recent round. The counter of that name is a copy: others can write to it.</summary>
    public ulong Heartbeat
    {
        get => Volatile.Read(ref heartbeat);
        internal set => Volatile.Write(ref heartbeat, value);
    }

    /// <summary>Asks the loop to drain its queues and return.</summary>
    public void Stop() => Volatile.Write(ref stopping, true);

    /// <summary>Gives back what its queue of a port holds: somebody else has forwarded it. Before <see cref="Run"/> only.</summary>
    public void Discard(ushort port) => _ = DiscardAll(port);

    /// <summary>Runs until <see cref="Stop"/>; on an lcore of its own, through <see cref="WorkerThread"/>.</summary>
    internal void Run()
    {
        // Without it an adaptive worker only wakes later.
        _ = Lcore.TrySetTimerSlack(IdleSleep.SlackNanoseconds);
        allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        collectionsBefore = GC.CollectionCount(0);
        while (!Volatile.Read(ref stopping))
            Round();
        for (int round = 0; round < DrainRounds && Round() != 0; round++)
        {
        }

        ReleaseLate(ulong.MaxValue);
        Housekeep(Lcore.Sleep(0));
    }

    private int Round()
    {
        int received = 0;
        foreach (ref Lane lane in lanes.AsSpan())
            received += Carry(ref lane);
        if (held != 0)
            ReleaseLate(Lcore.Sleep(0));
        foreach (BeaconSlot beacon in beacons)
        {
            if (beacon.IsPosted)
                beacon.Complete(PacketIo.TrySendCopy(beacon.Port, queue, pool, beacon.Posted));
        }

        ulong round = ++counters[(int)WorkerCounter.Polls];
        if (received == 0)
            counters[(int)WorkerCounter.EmptyPolls]++;
        if (adaptive && idle.ShouldSleep(received, out ulong nanoseconds))
        {
            counters[(int)WorkerCounter.Sleeps]++;
            Housekeep(Lcore.Sleep(nanoseconds));
        }
        else if (round % HousekeepingRounds == 0)
        {
            Housekeep(Lcore.Sleep(0));
        }

        return received;
    }

    /// <summary>One burst of one direction.</summary>
    private int Carry(ref Lane lane)
    {
        ulong arrival = 0;
        int received = PacketIo.Receive(lane.RxPort, queue, burst, BurstSize, &arrival);
        if (received == 0)
            return 0;
        if (lane.Watch != null && !IsOurs(ref lane, received, arrival))
            return received;

        ulong bytes = Gather(received, lane.FromHost);
        lane.Rx[(int)PortCounter.RxPackets] += (ulong)received;
        lane.Rx[(int)PortCounter.RxBytes] += bytes;

        int count = received;
        uint carriers = lane.FromHost ? Candidates.Find(new ReadOnlySpan<ulong>(tails, received), Magic) : 0;
        uint control = Candidates.Find(new ReadOnlySpan<ulong>(heads, received), ControlEtherType);
        uint fragments = lane.Fragments is null ? 0 : FindFragments(received);
        if (fragments != 0)
        {
            bytes = Arrange(ref lane, received, fragments, carriers, control, arrival);
            ring.Publish();
            Send(ref lane, outgoing, leaving, bytes);
            return received;
        }

        if (carriers != 0)
            bytes -= Strip(ref lane, carriers, arrival);
        if (control != 0)
            bytes -= TakeControl(ref lane, control, arrival, ref count);
        if ((carriers | control) != 0)
            ring.Publish();
        Send(ref lane, burst, count, bytes);
        return received;
    }

    private void Send(ref Lane lane, RteMbuf** frames, int count, ulong bytes)
    {
        int sent = count == 0 ? 0 : PacketIo.Send(lane.TxPort, queue, frames, count, SendRetries);
        if (sent < count)
        {
            for (int index = sent; index < count; index++)
                bytes -= frames[index]->PktLen;
            PacketIo.Free(frames + sent, count - sent);
            lane.Tx[(int)PortCounter.TxDropped] += (ulong)(count - sent);
        }

        lane.Tx[(int)PortCounter.TxPackets] += (ulong)sent;
        lane.Tx[(int)PortCounter.TxBytes] += bytes;
    }

    private void Housekeep(ulong now)
    {
        Heartbeat = now;
        counters[(int)WorkerCounter.Heartbeat] = now;
        foreach (ref Lane lane in lanes.AsSpan())
        {
            if (lane.Watch != null)
                Volatile.Write(ref lane.Watch->Beat, now);
        }

        counters[(int)WorkerCounter.AllocatedBytes] = (ulong)(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore);
        counters[(int)WorkerCounter.Collections] = (ulong)(GC.CollectionCount(0) - collectionsBefore);
    }

    /// <summary>Gives the native memory back; the loop has returned.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(burst);
        NativeMemory.AlignedFree(heads);
        NativeMemory.AlignedFree(tails);
        NativeMemory.AlignedFree(scratch);
        NativeMemory.AlignedFree(outgoing);
        foreach (ref Lane lane in lanes.AsSpan())
            lane.Fragments?.Dispose();
    }
}
