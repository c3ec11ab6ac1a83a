namespace OppTel.Host.Samplers.Gpu;

/// <summary>Asks on a thread of its own, and hands over the last answers.</summary>
internal sealed class GpuReader : ISlotReader
{
    private readonly Nvml nvml;
    private readonly uint firstSlot;
    private readonly (nint Device, GpuMetric Metric)[] slots;
    private readonly ulong[] values;
    private readonly Thread thread;
    private readonly ManualResetEventSlim stop = new();
    private readonly Lock exchange = new();
    private IOException? failure;
    private bool hasAnswers;

    /// <param name="nvml">The library, which belongs to the reader from here on.</param>
    /// <param name="firstSlot">Of the first metric.</param>
    /// <param name="slots">What to ask whom.</param>
    public GpuReader(Nvml nvml, uint firstSlot, (nint Device, GpuMetric Metric)[] slots)
    {
        this.nvml = nvml;
        this.firstSlot = firstSlot;
        this.slots = slots;
        values = new ulong[slots.Length];
        thread = new Thread(Ask) { Name = "gpu", IsBackground = true };
        thread.Start();
    }

    public TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        lock (exchange)
        {
            if (failure is not null)
                throw failure;
            if (hasAnswers)
                store.Store(firstSlot, values);
        }
    }

    public void Dispose()
    {
        stop.Set();
        thread.Join();
        stop.Dispose();
        nvml.Dispose();
    }

    private void Ask()
    {
        ulong[] answers = new ulong[slots.Length];
        do
        {
            IOException? problem = null;
            try
            {
                for (int slot = 0; slot < slots.Length; slot++)
                    answers[slot] = slots[slot].Metric.Read(nvml, slots[slot].Device) ?? answers[slot];
            }
            catch (IOException exception)
            {
                problem = exception;
            }

            lock (exchange)
            {
                failure = problem;
                hasAnswers |= problem is null;
                if (problem is null)
                    answers.CopyTo(values, 0);
            }
        }
        while (!stop.Wait(Interval));
    }
}
