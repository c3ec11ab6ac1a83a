using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>Size and member offsets of one C structure, in bytes.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Offsets">Offset of each named member.</param>
public sealed record StructureLayout(int Size, IReadOnlyDictionary<string, int> Offsets);

/// <summary>Type information of a BPF object: what the C compiler made of the shared headers.</summary>
public sealed unsafe class Btf
{
    private const uint KindStruct = 4;
    private const uint KindEnum = 6;
    private const uint KindSection = 15;
    private readonly nint handle;

    internal Btf(nint handle) =>
        this.handle = handle != 0 ? handle : throw new BpfException("the BPF object carries no type information; build it with scripts/build");

    /// <summary>Layout of a structure; null when the object does not use it.</summary>
    public StructureLayout? Structure(string name)
    {
        int id = LibBpf.BtfFind(handle, name, KindStruct);
        if (id < 0)
            return null;
        LibBpf.BtfType* type = LibBpf.BtfTypeById(handle, (uint)id);
        LibBpf.BtfMember* member = (LibBpf.BtfMember*)(type + 1);
        Dictionary<string, int> offsets = [];
        for (int index = 0; index < MemberCount(type); index++)
            offsets[Text(member[index].NameOffset)] = (int)(member[index].BitOffset & 0xFFFFFF) / 8;
        return new StructureLayout((int)type->SizeOrType, offsets);
    }

    /// <summary>Enumerators of an enumeration; null when the object does not use it.</summary>
    public IReadOnlyDictionary<string, int>? Enumeration(string name)
    {
        int id = LibBpf.BtfFind(handle, name, KindEnum);
        if (id < 0)
            return null;
        LibBpf.BtfType* type = LibBpf.BtfTypeById(handle, (uint)id);
        LibBpf.BtfEnumerator* enumerator = (LibBpf.BtfEnumerator*)(type + 1);
        Dictionary<string, int> values = [];
        for (int index = 0; index < MemberCount(type); index++)
            values[Text(enumerator[index].NameOffset)] = enumerator[index].Value;
        return values;
    }

    /// <summary>Where a variable lies in its section, in bytes; null when the object has none of this name.</summary>
    public (int Offset, int Size)? Variable(string section, string name)
    {
        int id = LibBpf.BtfFind(handle, section, KindSection);
        if (id < 0)
            return null;
        LibBpf.BtfType* type = LibBpf.BtfTypeById(handle, (uint)id);
        LibBpf.BtfSectionVariable* variable = (LibBpf.BtfSectionVariable*)(type + 1);
        for (int index = 0; index < MemberCount(type); index++)
        {
            if (Text(LibBpf.BtfTypeById(handle, variable[index].Type)->NameOffset) == name)
                return ((int)variable[index].Offset, (int)variable[index].Size);
        }

        return null;
    }

    private static int MemberCount(LibBpf.BtfType* type) => (int)(type->Info & 0xFFFF);

    private string Text(uint offset) => Marshal.PtrToStringUTF8(LibBpf.BtfName(handle, offset)) ?? "";
}
