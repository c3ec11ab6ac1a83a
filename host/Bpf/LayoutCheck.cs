using System.Runtime.InteropServices;
using System.Text;

namespace OppTel.Bpf;

/// <summary>Compares the C# view of the shared structures with what the C compiler made of the headers.</summary>
public static class LayoutCheck
{
    private static readonly (string C, Type View)[] Structures =
    [
        ("opptel_state", typeof(HostState)), ("opptel_slot", typeof(HostSlot)), ("opptel_due", typeof(HostDue)), ("opptel_stream", typeof(HostStream)),
        ("opptel_sampler", typeof(HostSampler)), ("opptel_running", typeof(HostRunning)), ("opptel_entity_key", typeof(EntityKey)), ("opptel_event", typeof(EntityEvent)),
        ("opptel_publish", typeof(PublishArgument)),
    ];

    private static readonly (string C, string Prefix, Type View)[] Enumerations =
    [
        ("opptel_egress_reason", "OPPTEL_EGRESS_", typeof(EgressReason)),
    ];

    /// <summary>Every difference, one line each; empty when the views agree.</summary>
    public static IReadOnlyList<string> FindDifferences(Btf btf)
    {
        List<string> differences = [];
        foreach ((string name, Type view) in Structures)
            Compare(name, view, btf.Structure(name), differences);
        foreach ((string name, string prefix, Type view) in Enumerations)
            Compare(name, prefix, view, btf.Enumeration(name), differences);
        return differences;
    }

    /// <summary>Compares one structure: size, and the offset of each member that the view names.</summary>
    public static void Compare(string name, Type view, StructureLayout? layout, List<string> differences)
    {
        if (layout is null)
        {
            differences.Add($"struct {name} is not in the object");
            return;
        }

        if (layout.Size != Marshal.SizeOf(view))
            differences.Add($"struct {name} has {layout.Size} bytes, {view.Name} has {Marshal.SizeOf(view)}");
        HashSet<string> seen = [];
        foreach (System.Reflection.FieldInfo field in view.GetFields(
            System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
        {
            string member = MemberName(field.Name);
            if (member.StartsWith("padding", StringComparison.Ordinal))
                continue;
            int offset = (int)Marshal.OffsetOf(view, field.Name);
            seen.Add(member);
            if (!layout.Offsets.TryGetValue(member, out int expected))
                differences.Add($"struct {name} has no member {member}, {view.Name} has");
            else if (expected != offset)
                differences.Add($"{name}.{member} is at byte {expected}, in {view.Name} at {offset}");
        }

        differences.AddRange(layout.Offsets.Keys.Except(seen).Select(member => $"{view.Name} lacks {name}.{member}"));
    }

    private static void Compare(
        string name, string prefix, Type view, IReadOnlyDictionary<string, int>? enumerators, List<string> differences)
    {
        if (enumerators is null)
        {
            differences.Add($"enum {name} is not in the object");
            return;
        }

        Dictionary<string, int> ours = Enum.GetValues(view).Cast<object>()
            .ToDictionary(value => prefix + SnakeCase(value.ToString()!).ToUpperInvariant(), value => (int)value);
        // The last enumerator of each list counts them and is no value of its own.
        ours[prefix + "REASONS"] = ours.Count;
        foreach ((string enumerator, int value) in enumerators)
        {
            if (!ours.TryGetValue(enumerator, out int own))
                differences.Add($"{view.Name} lacks {enumerator}");
            else if (own != value)
                differences.Add($"{enumerator} is {value}, in {view.Name} {own}");
        }

        differences.AddRange(ours.Keys.Except(enumerators.Keys).Select(extra => $"enum {name} lacks {extra}"));
    }

    /// <summary>Backing fields of records are called &lt;Name&gt;k__BackingField.</summary>
    private static string MemberName(string field) =>
        SnakeCase(field[0] == '<' ? field[1..field.IndexOf('>', StringComparison.Ordinal)] : field) switch
        {
            "command" => "comm",
            string name => name,
        };

    private static string SnakeCase(string name)
    {
        StringBuilder builder = new();
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && builder.Length > 0)
                builder.Append('_');
            builder.Append(char.ToLowerInvariant(letter));
        }

        return builder.ToString();
    }
}
