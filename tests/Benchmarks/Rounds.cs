using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace OppTel.Benchmarks;

/// <summary>Runs all benchmarks in turn, several times, so that what slows the machine down for a while slows down peers alike.</summary>
internal static class Rounds
{
    // Short iterations: on a machine that does other things as well, many of them are undisturbed, and the lower quartile is one of these.
    private static readonly Job Short = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
        .WithWarmupCount(30).WithIterationCount(80).WithIterationTime(TimeInterval.FromMilliseconds(1));

    /// <summary>The figures of all benchmarks.</summary>
    /// <exception cref="InvalidOperationException">A benchmark did not run.</exception>
    public static List<Figure> Run(int rounds, params Type[] benchmarks)
    {
        string artifacts = Directory.CreateTempSubdirectory("opptel-benchmarks").FullName;
        try
        {
            IConfig configuration = ManualConfig.CreateEmpty().AddJob(Short).AddLogger(NullLogger.Instance).AddDiagnoser(MemoryDiagnoser.Default)
                .WithArtifactsPath(artifacts).WithOptions(ConfigOptions.DisableLogFile);
            return [.. Enumerable.Range(0, rounds).SelectMany(_ => benchmarks).SelectMany(type => Reports(type, configuration))
                .GroupBy(result => result.Name, result => (result.Nanoseconds, result.Bytes)).Select(group => Figure.Of(group.Key, [.. group]))];
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }

    private static IEnumerable<(string Name, double Nanoseconds, double Bytes)> Reports(Type type, IConfig configuration)
    {
        Summary summary = BenchmarkRunner.Run(type, configuration);
        if (summary.HasCriticalValidationErrors || summary.Reports.IsEmpty)
            throw new InvalidOperationException($"{type.Name} did not run: {string.Join("; ", summary.ValidationErrors.Select(error => error.Message))}");
        foreach (BenchmarkReport report in summary.Reports)
        {
            string name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            if (report.ResultStatistics is not { } statistics)
                throw new InvalidOperationException($"the benchmark '{name}' ended without a result");
            yield return (name, statistics.Q1, BytesOf(report));
        }
    }

    // Not the whole bytes that BenchmarkDotNet rounds up to: what the runtime allocates once, spread over all operations, is not one byte for each.
    private static double BytesOf(BenchmarkReport report) =>
        (report.GcStats.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: true) ?? 0) / (double)report.GcStats.TotalOperations;
}
