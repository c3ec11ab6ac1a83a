using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OppTel.Dpdk;

namespace OppTel.Worker;

/// <summary>Runs a worker on an lcore: DPDK's pinned thread enters the runtime once and stays for the worker's life.</summary>
public sealed unsafe class WorkerThread
{
    private const ulong PollNanoseconds = 1_000_000;

    private readonly PacketWorker worker;
    private readonly uint lcore;
    private GCHandle handle;
    private bool returned;

    private WorkerThread(PacketWorker worker, uint lcore)
    {
        this.worker = worker;
        this.lcore = lcore;
        handle = GCHandle.Alloc(this);
    }

    /// <summary>CPU of the worker.</summary>
    public int Cpu => worker.Cpu;

    /// <summary>Starts <paramref name="worker"/> on an idle lcore.</summary>
    /// <exception cref="DpdkException">No such lcore, or it is busy.</exception>
    public static WorkerThread Start(PacketWorker worker, uint lcore)
    {
        WorkerThread thread = new(worker, lcore);
        Lcore.Launch(lcore, &Enter, (void*)GCHandle.ToIntPtr(thread.handle));
        return thread;
    }

    /// <summary>
    /// Waits until the worker has returned, but not beyond <paramref name="deadline"/> (CLOCK_BOOTTIME ns): a driver's
    /// transmit call may sleep in the kernel for good.
    /// </summary>
    public bool TryJoin(ulong deadline)
    {
        while (!Volatile.Read(ref returned))
        {
            if (Lcore.Sleep(PollNanoseconds) > deadline)
                return false;
        }

        _ = Lcore.Wait(lcore);
        handle.Free();
        return true;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Enter(void* argument)
    {
        WorkerThread thread = (WorkerThread)GCHandle.FromIntPtr((nint)argument).Target!;
        thread.worker.Run();
        Volatile.Write(ref thread.returned, true);
        return 0;
    }
}
