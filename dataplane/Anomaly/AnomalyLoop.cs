namespace OppTel.Anomaly;

/// <summary>The thread that steps an engine, at times that do not drift.</summary>
public sealed class AnomalyLoop : IDisposable
{
    private readonly AnomalyEngine engine;
    private readonly ulong step;
    private readonly Func<ulong> clock;
    private readonly Action<Exception> failed;
    private readonly Thread thread;
    private ulong steps;
    private ulong late;
    private ulong missed;
    private ulong busy;
    private bool stopping;

    /// <summary>Prepares the thread.</summary>
    /// <param name="engine">What it steps; belongs to it.</param>
    /// <param name="step">Time between two steps.</param>
    /// <param name="clock">The DPU's clock, in nanoseconds.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    public AnomalyLoop(AnomalyEngine engine, TimeSpan step, Func<ulong> clock, Action<Exception> failed)
    {
        (this.engine, this.clock, this.failed) = (engine, clock, failed);
        this.step = (ulong)step.Ticks * 100;
        thread = new Thread(Run) { Name = "anomalies" };
    }

    /// <summary>Steps taken.</summary>
    public ulong Steps => Volatile.Read(ref steps);

    /// <summary>Steps that began more than half a step after their time.</summary>
    public ulong Late => Volatile.Read(ref late);

    /// <summary>Steps that were left out because the ones before took too long, or the thread had no CPU.</summary>
    public ulong Missed => Volatile.Read(ref missed);

    /// <summary>Time spent in steps, in seconds.</summary>
    public double BusySeconds => Volatile.Read(ref busy) / 1e9;

    /// <summary>Starts the thread.</summary>
    public void Start() => thread.Start();

    /// <summary>Asks the thread to end, and waits.</summary>
    public void Dispose()
    {
        Volatile.Write(ref stopping, true);
        if (thread.IsAlive)
            thread.Join();
    }

    private void Run()
    {
        try
        {
            ulong due = clock() + step;
            while (!Volatile.Read(ref stopping))
            {
                ulong start = Wait(due);
                engine.Step();
                due = Account(due, start, clock());
            }
        }
        catch (Exception exception)
        {
            failed(exception);
        }
    }

    /// <summary>Waits until a step is due; when it begins.</summary>
    private ulong Wait(ulong due)
    {
        ulong now = clock();
        if (now >= due)
            return now;
        Thread.Sleep((int)((due - now + 999_999) / 1_000_000));
        return clock();
    }

    /// <summary>Accounts for a step; when the next one is due.</summary>
    private ulong Account(ulong due, ulong start, ulong end)
    {
        Volatile.Write(ref steps, steps + 1);
        Volatile.Write(ref busy, busy + (end - start));
        if (start > due + (step / 2))
            Volatile.Write(ref late, late + 1);
        due += step;
        if (end < due + step)
            return due;
        ulong skipped = (end - due) / step;
        Volatile.Write(ref missed, missed + skipped);
        return due + (skipped * step);
    }
}
