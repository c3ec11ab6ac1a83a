using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Producers;
using OppTel.Wire;

namespace OppTel.Bpf;

/// <summary>The C# views of what C shares, by its names in C; generic, so that a compiler ahead of time sees each type.</summary>
public static class SharedViews
{
    /// <summary>Of the host's maps.</summary>
    public static IReadOnlyList<(string Name, StructureLayout View)> Structures =>
    [
        ("opptel_state", View<HostState>()), ("opptel_slot", View<HostSlot>()), ("opptel_ring", View<HostRing>()),
        ("opptel_stream", View<HostStream>()), ("opptel_sampler", View<HostSampler>()), ("opptel_running", View<HostRunning>()),
        ("opptel_entity_key", View<EntityKey>()), ("opptel_entity", View<EntityBlock>()), ("opptel_event", View<EntityEvent>()),
        ("opptel_publish", View<PublishArgument>()), ("opptel_store", View<HostStore>()), ("opptel_class", View<HostClass>()),
        ("opptel_ages", View<HostAges>()), ("opptel_fast", View<HostFast>()), ("opptel_reading", View<HostReading>()), ("opptel_tunnel", View<HostTunnel>()),
        ("opptel_hello", View<ProducerHello>()), ("opptel_declare", View<ProducerDeclare>()), ("opptel_withdraw", View<ProducerWithdraw>()),
        ("opptel_answer", View<ProducerAnswer>()), ("opptel_label", View<ProducerLabel>()), ("opptel_marks", View<HostMarks>()),
        ("opptel_uplink", View<HostUplink>()),
        ("opptel_tag_keys", View<HostTagKeys>()),
    ];

    /// <summary>Of the host's maps and of the wire.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyDictionary<string, int> View)> Enumerations =>
    [
        ("opptel_egress_reason", Numbers<EgressReason>("OPPTEL_EGRESS_")), ("opptel_strip_reason", Numbers<StripReason>("OPPTEL_STRIP_")),
        ("opptel_entity_kind", Numbers<EntityKind>("OPPTEL_ENTITY_")), ("opptel_event_type", Numbers<EntityEventType>("OPPTEL_EVENT_")),
        ("opptel_control_kind", Numbers<ControlKind>("OPPTEL_CONTROL_")), ("opptel_beacon_flag", Numbers<BeaconFlags>("OPPTEL_BEACON_")),
        ("opptel_trailer_flag", Numbers<TrailerFlags>("OPPTEL_TRAILER_")),
        ("opptel_run_slot", Numbers<RunSlot>("OPPTEL_RUN_")), ("opptel_memory_slot", Numbers<MemorySlot>("OPPTEL_MEMORY_")),
        ("opptel_slot_state", Numbers<SlotState>("OPPTEL_SLOT_")),
        ("opptel_histogram_layout", Numbers<HistogramLayout>("OPPTEL_HISTOGRAM_")),
        ("opptel_message_kind", Numbers<MessageKind>("OPPTEL_MESSAGE_")), ("opptel_metric_kind", Numbers<CellKind>("OPPTEL_METRIC_")),
        ("opptel_encoding", Numbers<CellEncoding>("OPPTEL_ENCODING_")), ("opptel_producer_verdict", Numbers<ProducerVerdict>("OPPTEL_PRODUCER_")),
    ];

    /// <summary>Of the survey's maps.</summary>
    public static IReadOnlyList<(string Name, StructureLayout View)> SurveyStructures =>
    [
        ("opptel_survey_state", View<SurveyState>()), ("opptel_survey_tally", View<SurveyTally>()), ("opptel_survey_cpu", View<SurveyCpu>()),
    ];

    /// <summary>Of the survey's maps.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyDictionary<string, int> View)> SurveyEnumerations =>
    [
        ("opptel_egress_reason", Numbers<EgressReason>("OPPTEL_EGRESS_")), ("opptel_survey_protocol", Numbers<SurveyProtocol>("OPPTEL_SURVEY_")),
    ];

    /// <summary>Layout of a C# structure, its members spelled as in C.</summary>
    public static StructureLayout View<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields)] T>()
        where T : struct => new(
            Unsafe.SizeOf<T>(),
            typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(field => !field.Name.StartsWith("padding", StringComparison.Ordinal))
                .ToDictionary(field => MemberName(field.Name), field => (int)Marshal.OffsetOf<T>(field.Name)));

    private static Dictionary<string, int> Numbers<T>(string prefix)
        where T : struct, Enum => Enum.GetValues<T>()
            .Where(value => value.ToString() != "None")
            .ToDictionary(value => prefix + Spelling.SnakeCase(value.ToString()).ToUpperInvariant(), value => Convert.ToInt32(value, CultureInfo.InvariantCulture));

    /// <summary>Backing fields of records are called &lt;Name&gt;k__BackingField.</summary>
    private static string MemberName(string field) =>
        Spelling.SnakeCase(field[0] == '<' ? field[1..field.IndexOf('>', StringComparison.Ordinal)] : field) switch
        {
            "command" => "comm",
            string name => name,
        };
}
