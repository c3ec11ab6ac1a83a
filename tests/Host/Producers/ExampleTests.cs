using System.Diagnostics;
using System.Globalization;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Producers;

/// <summary>The example of bpf/example, built and run as a stranger would: with the public headers, away from this tree.</summary>
public sealed class ExampleTests : IDisposable
{
    private const double Slack = 0.02;
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-stranger-").FullName;
    private readonly ProducerBed bed = new(store: new Daemon.RecordingStore());

    public void Dispose()
    {
        bed.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void ItsSeriesAreThoseOfTheKernel()
    {
        Copy("example", Path.Combine(folder, "example"));
        Copy(Path.Combine("include", "opptel"), Path.Combine(folder, "headers", "opptel"));
        using (Process make = Start("make", "OPPTEL=../headers"))
        {
            string log = make.StandardError.ReadToEnd();
            make.WaitForExit();
            Assert.True(make.ExitCode == 0, log);
        }

        using Process example = Start("./switches", bed.Path);
        ReadUntil(() => bed.Store.Declared.Count == 3, "three series");
        Assert.Equal(
            ["example_switches_total Counter", "example_last_cpu Gauge", "example_stay_seconds HistogramBucket"],
            bed.Store.Declared.Select(series => $"{series.Metric.Name} {series.Metric.Kind}"));
        Assert.All(bed.Store.Declared, series => Assert.Equal($"{example.Id}", series.Labels["process_pid"]));
        ReadUntil(() => Switches() > 0, "the program runs");
        AssertCounts();
        Assert.InRange((int)bed.Store[bed.Store.Declared[1].FirstSlot], 0, Environment.ProcessorCount - 1);
        ulong stays = 0;
        for (uint bucket = 0; bucket < bed.Store.Declared[2].Metric.LogLinear.Buckets; bucket++)
            stays += bed.Store[bed.Store.Declared[2].FirstSlot + bucket];
        Assert.InRange(stays, Switches() * (1 - Slack), Switches());
        // Its daemon ends, and so does it.
        bed.Restart();
        Assert.True(example.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, example.ExitCode);
    }

    /// <summary>Against the kernel's own count, read before and after.</summary>
    private void AssertCounts()
    {
        (ulong least, ulong before, ulong most) = (Context(), Switches(), Context());
        ReadUntil(() => Switches() - before > 2000, "2000 switches");
        (ulong first, ulong after, ulong last) = (Context(), Switches(), Context());
        Assert.InRange(after - before, (1 - Slack) * (first - most), (1 + Slack) * (last - least));
    }

    private ulong Switches()
    {
        bed.Read();
        return bed.Store[bed.Store.Declared[0].FirstSlot];
    }

    private static ulong Context() => ulong.Parse(
        File.ReadLines("/proc/stat").Single(line => line.StartsWith("ctxt ", StringComparison.Ordinal))[5..], CultureInfo.InvariantCulture);

    private Process Start(string program, string argument) => Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$1\"", program, argument])
    {
        WorkingDirectory = Path.Combine(folder, "example"),
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(Path.Combine(KernelFixture.Root, "bpf", from)).Where(file => Path.GetExtension(file) is ".c" or ".h" or ""))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private void ReadUntil(Func<bool> condition, string what) => Wait.Until(
        () =>
        {
            bed.Read();
            return condition();
        },
        what);
}
