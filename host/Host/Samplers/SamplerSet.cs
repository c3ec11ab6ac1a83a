using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;

namespace OppTel.Host.Samplers;

/// <summary>
/// The samplers of one daemon: those that run, and why the others do not. Each has an object of its own, so a hook that this
/// kernel lacks costs only the sampler that wants it.
/// </summary>
public sealed class SamplerSet : IDisposable
{
    /// <summary>Why a sampler is absent that the configuration does not want.</summary>
    public const string SwitchedOff = "switched off";

    private readonly List<(Sampler Sampler, BpfObject Object)> running = [];
    private readonly List<BpfLink> links = [];
    private readonly SortedDictionary<string, string> absent = new(StringComparer.Ordinal);
    private int failure = ExitCode.System;

    /// <summary>Loads what the configuration does not switch off onto the maps of the packet path; nothing is attached yet.</summary>
    public SamplerSet(HostConfiguration configuration, BpfObject core)
    {
        foreach (Sampler sampler in Sampler.All)
        {
            if (!configuration.Samplers.Contains(sampler.Name))
                absent[sampler.Name] = SwitchedOff;
            else
                Load(sampler, Path.Combine(configuration.BpfDirectory, $"{sampler.Name}.bpf.o"), core);
        }
    }

    /// <summary>Names of those that run.</summary>
    public IEnumerable<string> Running => running.Select(entry => entry.Sampler.Name);

    /// <summary>Those that do not, and why.</summary>
    public IReadOnlyDictionary<string, string> Absent => absent;

    /// <summary>All metrics of the slots that are filled.</summary>
    public IEnumerable<Metric> Metrics => running.SelectMany(entry => entry.Sampler.Metrics);

    /// <summary>Slots that always exist.</summary>
    public IEnumerable<FixedBlock> Fixed => running.SelectMany(entry => entry.Sampler.Fixed);

    /// <summary>Cost of each program, as far as the kernel accounts it.</summary>
    public IEnumerable<(string Program, ProgramCost Cost)> Costs =>
        from entry in running
        from name in entry.Sampler.Programs
        select (name, entry.Object.Program(name).Cost);

    /// <summary>What the slots of a block of this kind carry; empty when nothing fills such blocks.</summary>
    public IReadOnlyList<uint> MetricIdsOf(EntityKind kind) =>
        [.. running.SelectMany(entry => entry.Sampler.Entities.GetValueOrDefault(kind) ?? []).Select(metric => metric.Id)];

    /// <summary>Attaches all programs.</summary>
    /// <exception cref="OperatorException">None of the samplers can run here.</exception>
    public void Attach()
    {
        foreach ((Sampler sampler, BpfObject bpf) in running.ToList())
        {
            List<BpfLink> attached = [];
            try
            {
                foreach (string program in sampler.Programs)
                    attached.Add(bpf.Program(program).Attach());
                links.AddRange(attached);
            }
            catch (BpfException exception)
            {
                attached.ForEach(link => link.Dispose());
                Drop(sampler, bpf, exception);
            }
        }

        if (running.Count == 0)
            throw new OperatorException(failure, $"no sampler can run: {string.Join("; ", absent.Select(entry => $"{entry.Key}: {entry.Value}"))}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        links.ForEach(link => link.Dispose());
        links.Clear();
        running.ForEach(entry => entry.Object.Dispose());
        running.Clear();
    }

    private void Load(Sampler sampler, string path, BpfObject core)
    {
        BpfObject bpf = BpfObject.Open(path);
        try
        {
            bpf.ShareMaps(core);
            bpf.Load();
            running.Add((sampler, bpf));
        }
        catch (BpfException exception)
        {
            Drop(sampler, bpf, exception);
        }
    }

    private void Drop(Sampler sampler, BpfObject bpf, BpfException exception)
    {
        running.RemoveAll(entry => entry.Object == bpf);
        bpf.Dispose();
        failure = exception.ExitCode;
        // A verifier's log has many lines; the first says what failed.
        absent[sampler.Name] = exception.Message.Split('\n')[0].Trim();
    }
}
