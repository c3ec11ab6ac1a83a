using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Samplers;

/// <summary>A sampler with what it holds: its object, its attachments, its reader.</summary>
/// <param name="sampler">Its definition.</param>
internal sealed class RunningSampler(Sampler sampler) : IDisposable
{
    /// <summary>A boost leaves this many times as long as a reading takes to what else the daemon's only thread does.</summary>
    private const int LeastPause = 10;

    private readonly List<IDisposable> links = [];
    private ulong readAt;
    private TimeSpan took;

    public Sampler Sampler => sampler;

    /// <summary>Null for one that only reads.</summary>
    public BpfObject? Object { get; private set; }

    public ISlotReader? Reader { get; private set; }

    /// <summary>Time from one reading to the next; only where there is a reader.</summary>
    public TimeSpan Interval => Bounded(Hastened, LeastPause * took, Reader!.Interval);

    /// <summary>The same for as long as its metrics are boosted.</summary>
    public TimeSpan Hastened { get; set; } = TimeSpan.MaxValue;

    /// <summary>Readings that failed.</summary>
    public ulong ReadFailures { get; private set; }

    /// <summary>Loads the object onto the maps of the packet path, with its slots.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Load(string path, BpfObject core, SlotPlan plan)
    {
        Object = BpfObject.Open(path);
        Object.ShareMaps(core);
        foreach (string variable in sampler.Parts.Select(part => part.Variable).Concat(sampler.Blocks.Select(block => block.Variable)))
            Object.SetConstant(variable, plan.Variables[variable]);
        if (sampler.Parts.Count > 0)
            Object.SetConstant("opptel_other_slots", [.. SlotPlan.Kinds.Select(plan.OtherSlot)]);
        sampler.Prepare?.Invoke(Object);
        Object.Load();
    }

    /// <summary>Attaches all programs and opens the reader.</summary>
    /// <exception cref="OperatorException">Something is not there.</exception>
    public void Attach(SlotPlan plan)
    {
        foreach (string program in sampler.Programs)
            links.AddRange(sampler.Attach(Object!.Program(program)));
        try
        {
            Reader = sampler.OpenReader?.Invoke(plan) ?? sampler.OpenObjectReader?.Invoke(plan, Object!);
        }
        catch (IOException exception)
        {
            throw new OperatorException(ExitCode.Unavailable, exception.Message, exception);
        }
    }

    /// <summary>Reads, when it is time.</summary>
    public void Read(ulong now, ISlotStore store, ILogger logger)
    {
        if (Reader is null || now - readAt < (ulong)Interval.Ticks * 100)
            return;
        readAt = now;
        long start = Stopwatch.GetTimestamp();
        try
        {
            Reader.Read(store);
        }
        catch (Exception exception) when (exception is IOException or BpfException)
        {
            if (ReadFailures++ == 0)
                logger.LogWarning("sampler {Sampler} could not read: {Reason}", sampler.Name, exception.Message);
        }

        took = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>What is asked for, but not less than <paramref name="least"/>, and whatever that is, not more than <paramref name="most"/>.</summary>
    private static TimeSpan Bounded(TimeSpan asked, TimeSpan least, TimeSpan most)
    {
        TimeSpan bounded = asked > least ? asked : least;
        return bounded < most ? bounded : most;
    }

    public void Dispose()
    {
        links.ForEach(link => link.Dispose());
        links.Clear();
        Reader?.Dispose();
        Object?.Dispose();
    }
}
