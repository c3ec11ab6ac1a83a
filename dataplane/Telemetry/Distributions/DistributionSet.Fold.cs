using OppTel.Sketches;
using OppTel.Telemetry.Windows;

namespace OppTel.Telemetry.Distributions;

/// <content>The side of the thread that sorts, and that of readers.</content>
public sealed partial class DistributionSet
{
    /// <summary>Sorts what waits, up to some thousands of observations; how many entries those were. One thread calls this.</summary>
    public int Fold()
    {
        int taken = 0;
        lock (gate)
        {
            while (taken < Batch && queue.TryTake(out Observation next))
            {
                taken++;
                if (next.Target >= 0)
                    slots[next.Target]?.Record(next.Value, next.Count);
                else if (next.Target == Observation.EndSecond)
                    EndSecond((ulong)next.Value);
                else
                    Forget((int)next.Count);
            }
        }

        return taken;
    }

    /// <summary>Entries that wait to be sorted.</summary>
    public int Pending => queue.Pending;

    /// <summary>All distributions of this moment, in no order; what they counted is read one by one.</summary>
    public IReadOnlyList<Distribution> Snapshot()
    {
        List<Distribution> snapshot = [];
        for (int id = 0; id < slots.Length; id++)
        {
            if (Volatile.Read(ref slots[id]) is { } distribution)
                snapshot.Add(distribution);
        }

        return snapshot;
    }

    /// <summary>The windows of a span that ended last, newest first.</summary>
    /// <param name="distribution">Of this set.</param>
    /// <param name="span">Length of the windows.</param>
    /// <param name="count">So many at most.</param>
    public IReadOnlyList<DistributionWindow> Windows(Distribution distribution, WindowSpan span, int count)
    {
        lock (gate)
            return distribution.Windows(span, count);
    }

    /// <summary>All that was counted until the second that ended last.</summary>
    public DistributionWindow All(Distribution distribution)
    {
        lock (gate)
            return DistributionWindow.Of(distribution.All, folded * WindowSpans.Nanoseconds);
    }

    /// <summary>Likewise, into a histogram of the caller's.</summary>
    public void CopyAll(Distribution distribution, ExponentialHistogram copy)
    {
        lock (gate)
            distribution.All.CopyTo(copy);
    }

    private void EndSecond(ulong next)
    {
        foreach (Distribution? distribution in slots)
            distribution?.End(folded, next);
        folded = next;
    }

    private void Forget(int id)
    {
        Interlocked.Add(ref used, -slots[id]!.Bytes);
        Volatile.Write(ref slots[id], null);
        released.Enqueue(id);
    }
}
