namespace OppTel.Dpdk;

/// <summary>Where C# believes a field of a C structure to be, or how large a structure is.</summary>
/// <param name="Name">Structure, or structure.field, as C spells it.</param>
/// <param name="Offset">Bytes from the start of the structure.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct LayoutField(string Name, uint Offset, uint Size)
{
    /// <summary>Every difference between what C# believes and what the compiler says, as text; empty when they agree.</summary>
    public static IEnumerable<string> Differences(IEnumerable<LayoutField> believed, IEnumerable<LayoutField> compiled)
    {
        Dictionary<string, LayoutField> byName = compiled.ToDictionary(field => field.Name);
        foreach (LayoutField field in believed)
        {
            if (!byName.TryGetValue(field.Name, out LayoutField truth))
                yield return $"{field.Name} is unknown to the shim";
            else if (field != truth)
                yield return $"{field.Name} is at {truth.Offset} with {truth.Size} bytes, not at {field.Offset} with {field.Size}";
        }
    }
}
