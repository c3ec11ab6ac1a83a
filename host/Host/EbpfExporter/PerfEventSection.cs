using System.Globalization;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Samplers;

namespace OppTel.Host.EbpfExporter;

/// <summary>Sections that ebpf_exporter adds to those of libbpf: <c>perf_event/type=T,config=C,frequency=F</c>.</summary>
internal static class PerfEventSection
{
    private const string Prefix = "perf_event/";

    /// <summary>Whether a program is in such a section.</summary>
    public static bool Fits(BpfProgram program) => program.Section.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Attaches a program to the event of each CPU.</summary>
    /// <exception cref="OperatorException">The section says something else, or the machine does not have this event.</exception>
    public static IReadOnlyList<BpfLink> Attach(BpfProgram program)
    {
        (string Name, ulong Value)[] items = [.. program.Section[Prefix.Length..].Split(',').Select(item => item.Split('='))
            .Select(pair => (pair[0], pair.Length == 2 && ulong.TryParse(pair[1], CultureInfo.InvariantCulture, out ulong value) ? value : ulong.MaxValue))
            .OrderBy(item => item.Item1, StringComparer.Ordinal)];
        if (!items.Select(item => item.Name).SequenceEqual(["config", "frequency", "type"]) || items.Any(item => item.Value == ulong.MaxValue))
            throw new OperatorException(ExitCode.BadInput, $"the section {program.Section} of {program.Name} is not {Prefix}type=T,config=C,frequency=F");
        PerfEventAttributes attributes = PerfEventAttributes.Sampled((uint)items[2].Value, items[0].Value, items[1].Value);
        List<BpfLink> links = [];
        try
        {
            foreach (int cpu in OnlineCpus.List())
                links.Add(program.AttachToEvent(cpu, attributes, $"the event of {program.Section}"));
            return links;
        }
        catch
        {
            links.ForEach(link => link.Dispose());
            throw;
        }
    }
}
