using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Producers;
using OppTel.Wire;

namespace OppTel.Bpf;

/// <summary>Compares the C# view of the shared structures and numbers with what the C compiler made of the headers.</summary>
public static class LayoutCheck
{
    private static readonly (string C, Type View)[] Structures =
    [
        ("opptel_state", typeof(HostState)), ("opptel_slot", typeof(HostSlot)), ("opptel_ring", typeof(HostRing)),
        ("opptel_stream", typeof(HostStream)), ("opptel_sampler", typeof(HostSampler)), ("opptel_running", typeof(HostRunning)),
        ("opptel_entity_key", typeof(EntityKey)), ("opptel_entity", typeof(EntityBlock)), ("opptel_event", typeof(EntityEvent)), ("opptel_publish", typeof(PublishArgument)),
        ("opptel_store", typeof(HostStore)), ("opptel_class", typeof(HostClass)), ("opptel_ages", typeof(HostAges)),
        ("opptel_fast", typeof(HostFast)), ("opptel_reading", typeof(HostReading)),
        ("opptel_hello", typeof(ProducerHello)), ("opptel_declare", typeof(ProducerDeclare)), ("opptel_withdraw", typeof(ProducerWithdraw)),
        ("opptel_answer", typeof(ProducerAnswer)), ("opptel_label", typeof(ProducerLabel)),
    ];

    private static readonly (string C, string Prefix, Type View)[] Enumerations =
    [
        ("opptel_egress_reason", "OPPTEL_EGRESS_", typeof(EgressReason)), ("opptel_strip_reason", "OPPTEL_STRIP_", typeof(StripReason)),
        ("opptel_entity_kind", "OPPTEL_ENTITY_", typeof(EntityKind)), ("opptel_event_type", "OPPTEL_EVENT_", typeof(EntityEventType)),
        ("opptel_control_kind", "OPPTEL_CONTROL_", typeof(ControlKind)), ("opptel_trailer_flag", "OPPTEL_TRAILER_", typeof(TrailerFlags)),
        ("opptel_run_slot", "OPPTEL_RUN_", typeof(RunSlot)), ("opptel_slot_state", "OPPTEL_SLOT_", typeof(SlotState)), ("opptel_histogram_layout", "OPPTEL_HISTOGRAM_", typeof(HistogramLayout)),
        ("opptel_message_kind", "OPPTEL_MESSAGE_", typeof(MessageKind)), ("opptel_metric_kind", "OPPTEL_METRIC_", typeof(CellKind)),
        ("opptel_encoding", "OPPTEL_ENCODING_", typeof(CellEncoding)), ("opptel_producer_verdict", "OPPTEL_PRODUCER_", typeof(ProducerVerdict)),
    ];

    private static readonly (string C, Type View)[] SurveyStructures =
    [
        ("opptel_survey_state", typeof(SurveyState)), ("opptel_survey_tally", typeof(SurveyTally)), ("opptel_survey_cpu", typeof(SurveyCpu)),
    ];

    private static readonly (string C, string Prefix, Type View)[] SurveyEnumerations =
    [
        ("opptel_egress_reason", "OPPTEL_EGRESS_", typeof(EgressReason)), ("opptel_survey_protocol", "OPPTEL_SURVEY_", typeof(SurveyProtocol)),
    ];

    /// <summary>Every difference in what the survey shares, one line each; empty when the views agree.</summary>
    public static IReadOnlyList<string> FindSurveyDifferences(Btf btf)
    {
        ArgumentNullException.ThrowIfNull(btf);
        List<string> differences = [];
        foreach ((string name, Type view) in SurveyStructures)
            Compare(name, View(view), btf.Structure(name), differences);
        foreach ((string name, string prefix, Type view) in SurveyEnumerations)
            Compare(name, Numbers(prefix, view), btf.Enumeration(name), differences);
        return differences;
    }

    /// <summary>Every difference, one line each; empty when the views agree.</summary>
    public static IReadOnlyList<string> FindDifferences(Btf btf)
    {
        ArgumentNullException.ThrowIfNull(btf);
        List<string> differences = [];
        foreach ((string name, Type view) in Structures)
            Compare(name, View(view), btf.Structure(name), differences);
        foreach ((string name, StructureLayout view) in WireViews.All)
            Compare(name, view, btf.Structure(name), differences);
        foreach ((string name, string prefix, Type view) in Enumerations)
            Compare(name, Numbers(prefix, view), btf.Enumeration(name), differences);
        return differences;
    }

    /// <summary>Compares one structure: size, and the offset of each member. What is reserved needs no view.</summary>
    /// <param name="name">Name of the structure in C.</param>
    /// <param name="view">The C# view.</param>
    /// <param name="layout">The compiler's; null when the object does not know the structure.</param>
    /// <param name="differences">Takes the findings.</param>
    public static void Compare(string name, StructureLayout view, StructureLayout? layout, List<string> differences)
    {
        if (layout is null)
        {
            differences.Add($"struct {name} is not in the object");
            return;
        }

        if (layout.Size != view.Size)
            differences.Add($"struct {name} has {layout.Size} bytes, its view {view.Size}");
        foreach ((string member, int offset) in view.Offsets)
        {
            if (!layout.Offsets.TryGetValue(member, out int expected))
                differences.Add($"struct {name} has no member {member}, its view has");
            else if (expected != offset)
                differences.Add($"{name}.{member} is at byte {expected}, in its view at {offset}");
        }

        differences.AddRange(layout.Offsets.Keys.Except(view.Offsets.Keys).Where(member => member != "reserved").Select(member => $"the view lacks {name}.{member}"));
    }

    /// <summary>Compares the numbers of one enumeration; the last of a list in C may count them.</summary>
    /// <param name="name">Name of the enumeration in C.</param>
    /// <param name="view">Numbers by their names in C.</param>
    /// <param name="enumerators">The compiler's; null when the object does not know the enumeration.</param>
    /// <param name="differences">Takes the findings.</param>
    public static void Compare(
        string name, IReadOnlyDictionary<string, int> view, IReadOnlyDictionary<string, int>? enumerators, List<string> differences)
    {
        if (enumerators is null)
        {
            differences.Add($"enum {name} is not in the object");
            return;
        }

        foreach ((string enumerator, int value) in enumerators)
        {
            bool counts = value == view.Count && enumerator.EndsWith('S') && !view.Values.Contains(value);
            if (!view.TryGetValue(enumerator, out int own) && !counts)
                differences.Add($"the view lacks {enumerator}");
            else if (own != value && !counts)
                differences.Add($"{enumerator} is {value}, in its view {own}");
        }

        differences.AddRange(view.Keys.Except(enumerators.Keys).Select(extra => $"enum {name} lacks {extra}"));
    }

    /// <summary>Layout of a C# structure, its members spelled as in C.</summary>
    public static StructureLayout View(Type view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return new StructureLayout(
            Marshal.SizeOf(view),
            view.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(field => !field.Name.StartsWith("padding", StringComparison.Ordinal))
                .ToDictionary(field => MemberName(field.Name), field => (int)Marshal.OffsetOf(view, field.Name)));
    }

    private static Dictionary<string, int> Numbers(string prefix, Type view) => Enum.GetValues(view).Cast<object>()
        .Where(value => value.ToString() != "None")
        .ToDictionary(value => prefix + Spelling.SnakeCase(value.ToString()!).ToUpperInvariant(), value => Convert.ToInt32(value, CultureInfo.InvariantCulture));

    /// <summary>Backing fields of records are called &lt;Name&gt;k__BackingField.</summary>
    private static string MemberName(string field) =>
        Spelling.SnakeCase(field[0] == '<' ? field[1..field.IndexOf('>', StringComparison.Ordinal)] : field) switch
        {
            "command" => "comm",
            string name => name,
        };
}
