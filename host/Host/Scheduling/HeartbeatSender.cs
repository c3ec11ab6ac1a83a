using OppTel.Host.Control;
using OppTel.Wire;

namespace OppTel.Host.Scheduling;

/// <summary>Looks at what waits, and sends the heartbeats that its plan asks for.</summary>
/// <param name="kernel">The kernel side.</param>
/// <param name="plan">Decides.</param>
public sealed class HeartbeatSender(HostKernel kernel, HeartbeatPlan plan)
{
    private readonly ulong[] sent = new ulong[Enum.GetValues<HeartbeatCause>().Length];

    private ulong notBefore;

    /// <summary>CLOCK_BOOTTIME ns of the next look.</summary>
    public ulong NextLook => Math.Max(plan.NextLook, notBefore);

    /// <summary>Looks that came too late for a deadline.</summary>
    public ulong LateLooks => plan.LateLooks;

    /// <summary>Heartbeats sent for a cause.</summary>
    public ulong Sent(HeartbeatCause cause) => sent[(int)cause];

    /// <summary>Looks, and sends until everything that waits has time, or nothing more leaves.</summary>
    /// <param name="socket">Where heartbeats leave; null for nowhere.</param>
    internal void Look(ControlSocket? socket)
    {
        ulong now = Native.Boottime;
        if (kernel.Due.HasRested(now))
            kernel.Rouse();
        for (int left = HeartbeatPlan.Most; left > 0; left--)
        {
            now = Native.Boottime;
            ulong trailer = LastTrailer;
            HeartbeatCause cause = plan.Judge(now, kernel.LeaseUntil > now, trailer, kernel.Due.Oldest(now));
            if (cause == HeartbeatCause.None || socket is null)
                return;
            // The packet path stamps it before the call returns.
            socket.Send(ControlKind.Heartbeat, []);
            sent[(int)cause]++;
            if (LastTrailer != trailer)
                continue;
            // It took no trailer: more of them would take none either, until something else changes.
            notBefore = now + HostDaemon.TickNanoseconds;
            return;
        }
    }

    private ulong LastTrailer
    {
        get
        {
            ulong last = 0;
            for (int cpu = 0; cpu < kernel.Streams.Count; cpu++)
                last = Math.Max(last, Volatile.Read(ref kernel.Streams[cpu].LastStamp));
            return last;
        }
    }
}
