using OppTel.Sketches.Cardinality;
using OppTel.Sketches.HeavyHitters;

namespace OppTel.Telemetry.Entities;

/// <summary>The sketches of one host.</summary>
/// <param name="now">The DPU's clock, in nanoseconds.</param>
internal sealed class HostTally(ulong now)
{
    private const ulong Minute = 60_000_000_000;

    /// <summary>Names that are remembered: what uses more than 1/256 of all CPU time is surely among them.</summary>
    private const int Remembered = 256;

    /// <summary>Names that are told.</summary>
    private const int Told = 20;

    private readonly SpaceSaving<NameKey> executables = new(Remembered);
    private readonly SpaceSaving<NameKey> cgroups = new(Remembered);
    private readonly HyperLogLog[] all = [.. Enumerable.Range(0, EntityKinds.Count).Select(_ => new HyperLogLog())];
    private readonly HyperLogLog[] current = [.. Enumerable.Range(0, EntityKinds.Count).Select(_ => new HyperLogLog())];
    private readonly double[] lastMinute = new double[EntityKinds.Count];
    private ulong minute = now / Minute;

    /// <summary>Series of the host that the tally knows.</summary>
    public int SeriesKept { get; set; }

    /// <summary>Ends the minute if it has ended.</summary>
    public void Advance(ulong time)
    {
        ulong next = time / Minute;
        if (next <= minute)
            return;
        for (int kind = 0; kind < current.Length; kind++)
        {
            // After more than a minute without a look, the minute that ended last had none.
            lastMinute[kind] = next == minute + 1 ? current[kind].Estimate : 0;
            current[kind].Clear();
        }

        minute = next;
    }

    /// <summary>Adds CPU time.</summary>
    /// <param name="kind">Executable or cgroup.</param>
    /// <param name="name">Whose.</param>
    /// <param name="seconds">How much.</param>
    public void AddCpuTime(EntityKind kind, string name, double seconds) =>
        (kind == EntityKind.Executable ? executables : cgroups).Add(new NameKey(name), seconds);

    /// <summary>A record of this entity came.</summary>
    public void AddSeen(EntityKind kind, ulong key)
    {
        all[(int)kind].Add(key);
        current[(int)kind].Add(key);
    }

    /// <summary>A copy for others to read.</summary>
    public EntityCounts ToCounts(string host) => new(
        host, Top(executables), Top(cgroups), [.. lastMinute], [.. all.Select(sketch => sketch.Estimate)]);

    private static HeavyName[] Top(SpaceSaving<NameKey> sketch)
    {
        Span<HeavyHitter<NameKey>> top = new HeavyHitter<NameKey>[Told];
        HeavyName[] names = new HeavyName[sketch.Top(top)];
        for (int index = 0; index < names.Length; index++)
            names[index] = new HeavyName(top[index].Key.Name, top[index].Lower, top[index].Upper);
        return names;
    }

    private readonly record struct NameKey(string Name);
}
