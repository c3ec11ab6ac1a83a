using System.Numerics;
using OppTel.Bpf;
using OppTel.Configuration;

namespace OppTel.Host.Survey;

/// <summary>The kernel side of a survey: the counting program and its maps. Everything is undone when disposed.</summary>
public sealed class SurveyKernel : IDisposable
{
    private const int MostTraceEntries = 1 << 17;
    private const int MostTraceBytes = 64 << 20;
    private readonly BpfObject bpf;
    private readonly MappedArray<SurveyState> state;
    private readonly MappedArray<ulong> trace;
    private EgressAttachment? attachment;

    /// <summary>Loads and sizes everything; nothing is attached yet.</summary>
    /// <param name="directory">Folder of the object.</param>
    /// <param name="traceEntries">Carriers that are kept for each CPU, a power of two; 0 for as many as are reasonable here.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="OperatorException">The object belongs to another release.</exception>
    public SurveyKernel(string directory, int traceEntries = 0)
    {
        string path = Path.Combine(directory, "survey.bpf.o");
        bpf = BpfObject.Open(path);
        try
        {
            IReadOnlyList<string> differences = LayoutCheck.FindSurveyDifferences(bpf.Btf());
            if (differences.Count > 0)
                throw new OperatorException(ExitCode.System, $"{path} belongs to another release: {string.Join("; ", differences)}");
            int cpus = BpfObject.PossibleCpus;
            TraceEntries = traceEntries > 0 ? traceEntries : Reasonable(cpus);
            bpf.Map("opptel_survey_cpus").Resize((uint)cpus);
            bpf.Map("opptel_survey_trace").Resize((uint)(cpus * TraceEntries));
            bpf.Load();
            state = bpf.Map("opptel_survey_state").MapInto<SurveyState>();
            Cpus = bpf.Map("opptel_survey_cpus").MapInto<SurveyCpu>();
            trace = bpf.Map("opptel_survey_trace").MapInto<ulong>();
            Program = bpf.Program("opptel_survey");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The counting program.</summary>
    public BpfProgram Program { get; }

    /// <summary>What each CPU counted.</summary>
    public MappedArray<SurveyCpu> Cpus { get; }

    /// <summary>Carriers that are kept for each CPU until they are read.</summary>
    public int TraceEntries { get; }

    /// <summary>How the program is attached.</summary>
    public AttachMode Mode => attachment?.Mode ?? AttachMode.Auto;

    /// <summary>Tallies by cgroup id, summed over all CPUs; 0 for packets without a socket.</summary>
    public Dictionary<ulong, SurveyTally> Cgroups =>
        bpf.Map("opptel_survey_cgroups").EntriesPerCpu<ulong, SurveyTally>()
            .ToDictionary(entry => entry.Key, entry => entry.Values.Aggregate((sum, tally) => sum + tally));

    /// <summary>Attaches to the egress of an interface; nothing is counted yet.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Attach(string interfaceName, int interfaceIndex, AttachMode mode) =>
        attachment = EgressAttachment.Attach(Program, interfaceName, interfaceIndex, mode, EgressPlace.Survey);

    /// <summary>Counts from now on.</summary>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    /// <param name="minGap">Least time between two trailers of a CPU.</param>
    public CarrierTrace Begin(ulong now, TimeSpan minGap)
    {
        state[0].TraceEntries = (uint)TraceEntries;
        Volatile.Write(ref state[0].Since, now);
        return new CarrierTrace(Cpus, trace, TraceEntries) { MinGap = (ulong)minGap.Ticks * 100 };
    }

    /// <summary>Counts no more.</summary>
    public void End() => Volatile.Write(ref state[0].Since, 0);

    /// <summary>Detaches; counters stay. An interface that is gone has done so already.</summary>
    public void Detach() => attachment?.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        state?.Dispose();
        Cpus?.Dispose();
        trace?.Dispose();
        bpf.Dispose();
    }

    private static int Reasonable(int cpus) =>
        Math.Min(MostTraceEntries, 1 << BitOperations.Log2((uint)(MostTraceBytes / sizeof(ulong) / cpus)));
}
