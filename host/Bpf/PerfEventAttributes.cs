using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>What perf_event_open is asked for. Source: <c>struct perf_event_attr</c>, its first version.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PerfEventAttributes
{
    private const uint FirstVersion = 64;
    private const uint Software = 1;
    private const ulong CpuClock = 0;
    private const ulong IsFrequency = 1 << 10;

    private uint type;
    private uint size;
    private ulong config;
    private ulong samplePeriod;
    private readonly ulong sampleType;
    private readonly ulong readFormat;
    private ulong flags;
    private readonly uint wakeUpEvents;
    private readonly uint breakpointType;
    private readonly ulong breakpointAddress;

    /// <summary>An event that is counted, in the kernel and outside it.</summary>
    /// <param name="type"><c>enum perf_type_id</c>.</param>
    /// <param name="config">The event among those of this type.</param>
    public static PerfEventAttributes Counter(uint type, ulong config) => new() { type = type, size = FirstVersion, config = config };

    /// <summary>The kernel's clock, which every machine has.</summary>
    /// <param name="period">Nanoseconds from one event to the next.</param>
    public static PerfEventAttributes Clock(ulong period) =>
        new() { type = Software, size = FirstVersion, config = CpuClock, samplePeriod = period };

    /// <summary>Any event, so often that it happens about <paramref name="frequency"/> times a second.</summary>
    /// <param name="type">Of <c>enum perf_type_id</c>.</param>
    /// <param name="config">Which event of that type.</param>
    /// <param name="frequency">Hertz.</param>
    public static PerfEventAttributes Sampled(uint type, ulong config, ulong frequency) =>
        new() { type = type, size = FirstVersion, config = config, samplePeriod = frequency, flags = IsFrequency };
}
