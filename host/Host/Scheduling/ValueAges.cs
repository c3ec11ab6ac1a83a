using OppTel.Bpf;

namespace OppTel.Host.Scheduling;

/// <summary>How long values of one class waited until they left.</summary>
/// <param name="Counts">Values by age, one bucket for each power of two.</param>
/// <param name="Met">Values that left within their maximum age.</param>
/// <param name="Missed">Those that did not.</param>
public sealed record ClassAges(ulong[] Counts, ulong Met, ulong Missed);

/// <summary>Sums what the CPUs counted.</summary>
/// <param name="ages">A row of classes for each CPU.</param>
public sealed class ValueAges(MappedArray<HostAges> ages)
{
    /// <summary>The ages of one class on all CPUs.</summary>
    public ClassAges Of(int number)
    {
        ClassAges sum = new(new ulong[HostMaps.AgeBuckets], 0, 0);
        for (int index = number; index < ages.Count; index += HostMaps.Classes)
        {
            ref HostAges one = ref ages[index];
            for (int bucket = 0; bucket < HostMaps.AgeBuckets; bucket++)
                sum.Counts[bucket] += Volatile.Read(ref one.Count[bucket]);
            sum = sum with { Met = sum.Met + Volatile.Read(ref one.Met), Missed = sum.Missed + Volatile.Read(ref one.Missed) };
        }

        return sum;
    }
}
