using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Segment;

/// <summary>A metric that a host is asked to read more often for a while.</summary>
/// <param name="Metric">Id in the host's catalog.</param>
/// <param name="IntervalMicroseconds">From one reading to the next.</param>
/// <param name="Until">CLOCK_BOOTTIME ns of the DPU: it ends by itself, whatever becomes of who asked for it.</param>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public readonly record struct HostBoost(uint Metric, uint IntervalMicroseconds, ulong Until);

/// <summary>Room for <see cref="SegmentLayout.MaxBoosts"/> of them.</summary>
[InlineArray(SegmentLayout.MaxBoosts)]
public struct HostBoosts
{
    private HostBoost first;
}
