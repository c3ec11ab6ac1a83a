using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>
/// What the switch inside a device does with frames that the entity behind one port sends; a part that is zero matches any value.
/// Source: <c>struct opptel_flow_rule</c>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct FlowRule
{
    /// <summary>As <see cref="To"/>: the frames are dropped.</summary>
    public const ushort Nowhere = 0xFFFF;

    internal const uint SourceOffset = 8;

    internal const int AddressSize = 6;

    /// <summary>DPDK port behind which frames are sent.</summary>
    public ushort From;

    /// <summary>DPDK port behind which they come out, past the cores.</summary>
    public ushort To;

    /// <summary>0 comes first.</summary>
    public ushort Priority;

    /// <summary>EtherType.</summary>
    public ushort EtherType;

    private EthernetAddress source;
    private EthernetAddress destination;

    /// <summary>Source address: six bytes.</summary>
    [UnscopedRef]
    public Span<byte> Source => source;

    /// <summary>Destination address: six bytes.</summary>
    [UnscopedRef]
    public Span<byte> Destination => destination;

    [InlineArray(AddressSize)]
    private struct EthernetAddress
    {
        private byte first;
    }
}
