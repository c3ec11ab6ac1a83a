using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OppTel.Dpdk;

namespace OppTel.Worker;

/// <summary>Runs a worker on an lcore: DPDK's pinned thread enters the runtime once and stays for the worker's life.</summary>
public sealed unsafe class WorkerThread : IDisposable
{
    private readonly uint lcore;
    private GCHandle handle;

    private WorkerThread(PacketWorker worker, uint lcore)
    {
        this.lcore = lcore;
        handle = GCHandle.Alloc(worker);
    }

    /// <summary>Starts <paramref name="worker"/> on an idle lcore.</summary>
    /// <exception cref="DpdkException">No such lcore, or it is busy.</exception>
    public static WorkerThread Start(PacketWorker worker, uint lcore)
    {
        WorkerThread thread = new(worker, lcore);
        Lcore.Launch(lcore, &Enter, (void*)GCHandle.ToIntPtr(thread.handle));
        return thread;
    }

    /// <summary>Waits until the worker has returned.</summary>
    public void Dispose()
    {
        _ = Lcore.Wait(lcore);
        handle.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Enter(void* worker)
    {
        ((PacketWorker)GCHandle.FromIntPtr((nint)worker).Target!).Run();
        return 0;
    }
}
