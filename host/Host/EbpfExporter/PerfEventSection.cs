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
        Dictionary<string, ulong> items = program.Section[Prefix.Length..].Split(',').Select(item => item.Split('='))
            .ToDictionary(pair => pair[0], pair => pair.Length == 2 && ulong.TryParse(pair[1], CultureInfo.InvariantCulture, out ulong value) ? value : ulong.MaxValue);
        if (!items.Keys.Order(StringComparer.Ordinal).SequenceEqual(["config", "frequency", "type"]) || items.ContainsValue(ulong.MaxValue))
            throw new OperatorException(ExitCode.BadInput, $"the section {program.Section} of {program.Name} is not {Prefix}type=T,config=C,frequency=F");
        PerfEventAttributes attributes = PerfEventAttributes.Sampled((uint)items["type"], items["config"], items["frequency"]);
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
