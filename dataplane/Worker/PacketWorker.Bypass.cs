using OppTel.Dpdk;
using OppTel.Segment;

namespace OppTel.Worker;

/// <summary>How a worker and the bypass of a packet socket's port share the frames: each of them passes one of them on.</summary>
public sealed unsafe partial class PacketWorker
{
    /// <summary>
    /// Whether a burst is for the worker. When the bypass has passed packets on since the last one, because the worker stood still, the burst
    /// and what waits behind it are copies of those, and are given back.
    /// </summary>
    private bool IsOurs(ref Lane lane, int received, ulong arrival)
    {
        // Before anything else: this ends the bypass, so that what comes from now on is the worker's.
        Volatile.Write(ref lane.Watch->Beat, arrival);
        if (Volatile.Read(ref lane.Watch->Passed) == lane.PassedBefore)
            return true;
        PacketIo.Free(burst, received);
        lane.Rx[(int)PortCounter.Bypassed] += (ulong)(received + DiscardAll(lane.RxPort));
        lane.PassedBefore = Volatile.Read(ref lane.Watch->Passed);
        return false;
    }

    private int DiscardAll(ushort port)
    {
        ulong arrival = 0;
        int discarded = 0;
        for (int round = 0; round < DrainRounds; round++)
        {
            int received = PacketIo.Receive(port, queue, burst, BurstSize, &arrival);
            if (received == 0)
                break;
            PacketIo.Free(burst, received);
            discarded += received;
        }

        return discarded;
    }
}
