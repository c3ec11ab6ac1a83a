using System.Runtime.InteropServices;
using OppTel.Bpf;

namespace OppTel.Host.Survey;

/// <summary>
/// Reads the carriers that the CPUs write, each into its own part of the trace, and brings them into one order. Times are
/// nanoseconds since the survey began.
/// </summary>
/// <param name="cpus">Counters of the CPUs.</param>
/// <param name="entries">Their parts of the trace, one behind the other.</param>
/// <param name="perCpu">Entries of one part.</param>
public sealed class CarrierTrace(MappedArray<SurveyCpu> cpus, MappedArray<ulong> entries, int perCpu)
{
    private readonly ulong[] read = new ulong[cpus.Count];
    private readonly Track[] tracks = [.. Enumerable.Range(0, cpus.Count).Select(_ => new Track())];
    private readonly Track host = new();
    private readonly List<ulong> pending = [];

    /// <summary>Carriers that were overwritten before they were read.</summary>
    public ulong Lost { get; private set; }

    /// <summary>Times between consecutive carriers of the host.</summary>
    public DurationHistogram HostGaps => host.Gaps;

    /// <summary>Least time between two trailers of a CPU; a carrier that comes sooner has no room for values.</summary>
    public ulong MinGap { get; init; }

    /// <summary>Times between consecutive carriers of one CPU.</summary>
    public DurationHistogram CpuGaps(int cpu) => tracks[cpu].Gaps;

    /// <summary>Takes what there is, and hands on in order of time what left before the horizon.</summary>
    /// <param name="horizon">Later carriers wait: an earlier one of another CPU may still be on its way into the trace.</param>
    /// <param name="carrier">Gets time and bytes of room.</param>
    public void Drain(ulong horizon, Action<ulong, int> carrier)
    {
        ArgumentNullException.ThrowIfNull(carrier);
        for (int cpu = 0; cpu < cpus.Count; cpu++)
            Take(cpu);
        Span<ulong> ordered = CollectionsMarshal.AsSpan(pending);
        ordered.Sort();
        int handed = 0;
        for (; handed < ordered.Length && Time(ordered[handed]) < horizon; handed++)
            carrier(host.Pass(Time(ordered[handed])), (int)(ordered[handed] & ((1 << SurveyMaps.RoomBits) - 1)));
        pending.RemoveRange(0, handed);
    }

    private static ulong Time(ulong entry) => entry >> SurveyMaps.RoomBits;

    private void Take(int cpu)
    {
        ulong written = Volatile.Read(ref cpus[cpu].Traced), oldest = Oldest(written), first = Math.Max(read[cpu], oldest);
        int begin = pending.Count;
        for (ulong at = first; at < written; at++)
            pending.Add(Volatile.Read(ref entries[(cpu * perCpu) + (int)(at % (ulong)perCpu)]));
        // What the CPU has overwritten meanwhile may be anything.
        ulong valid = Math.Clamp(Oldest(Volatile.Read(ref cpus[cpu].Traced)), first, written);
        pending.RemoveRange(begin, (int)(valid - first));
        Lost += valid - read[cpu];
        read[cpu] = written;
        for (int index = begin; index < pending.Count; index++)
        {
            tracks[cpu].Pass(Time(pending[index]));
            if (!tracks[cpu].MayStamp(MinGap))
                pending[index] &= ~((1ul << SurveyMaps.RoomBits) - 1);
        }
    }

    /// <summary>The oldest entry that is whole: the one before it may be in the course of being overwritten.</summary>
    private ulong Oldest(ulong written) => written < (ulong)perCpu ? 0 : written - (ulong)perCpu + 1;

    /// <summary>Carriers of one origin, in order.</summary>
    private sealed class Track
    {
        private ulong last = ulong.MaxValue;
        private ulong stamped = ulong.MaxValue;

        public DurationHistogram Gaps { get; } = new();

        /// <summary>Counts the gap before a carrier. Returns its time, or that of the last one where clocks disagree on their order.</summary>
        public ulong Pass(ulong time)
        {
            if (last == ulong.MaxValue)
                return last = time;
            time = Math.Max(time, last);
            Gaps.Add(time - last);
            return last = time;
        }

        /// <summary>Whether a trailer may leave with the carrier that passed last, and notes that it does.</summary>
        public bool MayStamp(ulong minGap)
        {
            if (stamped != ulong.MaxValue && last - stamped < minGap)
                return false;
            stamped = last;
            return true;
        }
    }
}
