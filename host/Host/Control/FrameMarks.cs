using System.Net.NetworkInformation;
using OppTel.Bpf;

namespace OppTel.Host.Control;

/// <summary>
/// Has the egress program mark the carriers of our interfaces while a DPU asks for it: its switch then sends nothing else to its
/// cores. An interface that finds no room here sends no carriers meanwhile.
/// </summary>
/// <param name="marks">The program's book of them.</param>
public sealed class FrameMarks(MappedArray<HostMarks> marks)
{
    /// <summary>The bit of a source address that is the mark, in its first octet.</summary>
    public const byte Bit = 2;

    /// <summary>Whether carriers are marked.</summary>
    public bool Asked
    {
        get => Volatile.Read(ref marks[0].Asked) != 0;
        set => Volatile.Write(ref marks[0].Asked, value ? 1u : 0u);
    }

    /// <summary>Marks what an interface sends with its own address.</summary>
    /// <param name="index">Kernel index.</param>
    /// <param name="address">Six bytes.</param>
    public void Add(int index, PhysicalAddress address)
    {
        ulong own = 0;
        address.GetAddressBytes().CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<ulong>(ref own)));
        foreach (ref HostUplink uplink in (Span<HostUplink>)marks[0].Uplink)
        {
            if (uplink.Ifindex != 0)
                continue;
            uplink.Address = own;
            // The program that sees the index sees the address.
            Volatile.Write(ref uplink.Ifindex, (uint)index);
            return;
        }
    }

    /// <summary>Forgets an interface.</summary>
    /// <param name="index">Kernel index.</param>
    public void Remove(int index)
    {
        foreach (ref HostUplink uplink in (Span<HostUplink>)marks[0].Uplink)
        {
            if (uplink.Ifindex == (uint)index)
                Volatile.Write(ref uplink.Ifindex, 0);
        }
    }
}
