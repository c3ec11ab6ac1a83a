namespace OppTel.Bpf;

/// <summary>Compares the C# view of the shared structures and numbers with what the C compiler made of the headers.</summary>
public static class LayoutCheck
{
    /// <summary>Every difference in what the survey shares, one line each; empty when the views agree.</summary>
    public static IReadOnlyList<string> FindSurveyDifferences(Btf btf) => Find(btf, SharedViews.SurveyStructures, SharedViews.SurveyEnumerations);

    /// <summary>Every difference, one line each; empty when the views agree.</summary>
    public static IReadOnlyList<string> FindDifferences(Btf btf) => Find(btf, [.. SharedViews.Structures, .. WireViews.All], SharedViews.Enumerations);

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

        differences.AddRange(layout.Offsets.Keys.Except(view.Offsets.Keys).Where(member => !member.StartsWith("reserved", StringComparison.Ordinal)).Select(member => $"the view lacks {name}.{member}"));
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

    private static List<string> Find(
        Btf btf, IReadOnlyList<(string Name, StructureLayout View)> structures, IReadOnlyList<(string Name, IReadOnlyDictionary<string, int> View)> enumerations)
    {
        ArgumentNullException.ThrowIfNull(btf);
        List<string> differences = [];
        foreach ((string name, StructureLayout view) in structures)
            Compare(name, view, btf.Structure(name), differences);
        foreach ((string name, IReadOnlyDictionary<string, int> view) in enumerations)
            Compare(name, view, btf.Enumeration(name), differences);
        return differences;
    }
}
