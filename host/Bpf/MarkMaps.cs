using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>A device whose frames can be marked. Source: <c>struct opptel_uplink</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostUplink
{
    /// <summary>Its own address, in the low six bytes as they lie in a frame.</summary>
    public ulong Address;

    /// <summary>Index of the device; 0 for nobody's entry.</summary>
    public uint Ifindex;

    /// <summary>Zero.</summary>
    public uint Reserved;
}

/// <summary>Whose frames are marked. Source: <c>struct opptel_marks</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HostMarks
{
    /// <summary>Devices that have room.</summary>
    public const int MaxUplinks = 16;

    /// <summary>Whether a DPU asks for marks: 1 or 0.</summary>
    public uint Asked;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>The devices.</summary>
    public Uplinks Uplink;
}

/// <summary>The devices of <see cref="HostMarks"/>.</summary>
[InlineArray(HostMarks.MaxUplinks)]
public struct Uplinks
{
    private HostUplink first;
}
