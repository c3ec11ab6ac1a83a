using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>What leaves through a tunnel's device; frames are counted as they enter the tunnel. Source: <c>struct opptel_tunnel</c>.</summary>
/// <param name="Fits">Bytes of the longest frame whose outer packet is not fragmented.</param>
/// <param name="Chunk">Bytes of the outer IP packet's payload in each fragment; 0: what is fragmented carries nothing.</param>
/// <param name="Front">Bytes in front of the frame, as the stripper sees it.</param>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public readonly record struct HostTunnel(uint Fits, uint Chunk, uint Front)
{
    /// <summary>Devices that there is room for.</summary>
    public const int Most = 64;
}
