using System.Diagnostics;
using OppTel.Exports;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Exposition;

/// <summary>What the aggregator's own process uses, by the names that all Prometheus clients give it.</summary>
internal static class ProcessSection
{
    private static readonly double Started = StartTime();

    /// <summary>Writes all of it.</summary>
    public static void Write(MetricWriter writer)
    {
        using Process process = Process.GetCurrentProcess();
        One(writer, Families.ProcessStart, Started);
        One(writer, Families.ProcessCpu, Environment.CpuUsage.TotalTime.TotalSeconds);
        One(writer, Families.ProcessResident, process.WorkingSet64);
        One(writer, Families.ProcessVirtual, process.VirtualMemorySize64);
        One(writer, Families.ProcessThreads, process.Threads.Count);
        One(writer, Families.ProcessFiles, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        One(writer, Families.HeapSize, GC.GetTotalMemory(forceFullCollection: false));
        One(writer, Families.HeapAllocated, GC.GetTotalAllocatedBytes());
        One(writer, Families.HeapPauses, GC.GetTotalPauseDuration().TotalSeconds);
        writer.Begin(Families.HeapCollections);
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
            writer.Sample(GC.CollectionCount(generation), ("generation", generation.ToString()));
    }

    private static void One(MetricWriter writer, MetricFamily family, double value)
    {
        writer.Begin(family);
        writer.Sample(value);
    }

    private static double StartTime()
    {
        using Process process = Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
