using System.Diagnostics;
using System.Runtime.InteropServices;
using OppTel.Configuration;
using OppTel.Host.Samplers;
using OppTel.Host.Samplers.Gpu;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;

namespace OppTel.Host.Tests.Gpu;

/// <summary>GPUs through a library with NVML's functions, built here.</summary>
public sealed partial class GpuTests : IDisposable
{
    private static readonly Lazy<string> Library = new(Build);
    private readonly RecordingStore store = new();

    public void Dispose()
    {
        foreach (string name in (string[])["FAKE_NVML_LOST", "FAKE_NVML_NO_DRIVER"])
            _ = UnsetVariable(name);
    }

    [Fact]
    public void EveryDeviceTellsWhatItSupports()
    {
        Sampler sampler = GpuSampler.Define(Library.Value);
        SlotPlan plan = Plan(sampler);
        using ISlotReader reader = sampler.OpenReader!(plan);
        Wait.Until(
            () =>
            {
                reader.Read(store);
                return store.Has(plan.Variables["gpu"]);
            },
            "the library has answered");
        List<string> told = [.. plan.Metrics.Select((planned, index) =>
        {
            OppTel.Catalog.Metric metric = planned.Metric;
            string more = string.Join(",", metric.Labels.Where(label => label.Key is "hw_gpu_task" or "network_io_direction").Select(label => label.Value));
            ulong raw = store[plan.Variables["gpu"] + (uint)index];
            double value = metric.Name == "hw_energy_joules_total" ? (raw >= 6000 ? 1 : 0) : Math.Round(raw * metric.Scale, 6);
            return FormattableString.Invariant($"{metric.Labels["gpu"]} {metric.Labels["hw_id"]} {metric.Labels["hw_name"]} {metric.Name} {more} {value}");
        })];
        Assert.Equal(
            [
                .. Common("0 GPU-1 Fake H1", 0.41), "0 GPU-1 Fake H1 hw_power_watts  123.456", "0 GPU-1 Fake H1 hw_energy_joules_total  1", .. Pcie("0 GPU-1 Fake H1"),
                "0 GPU-1 Fake H1 opptel_gpu_nvlink_bytes_total transmit 1024000", "0 GPU-1 Fake H1 opptel_gpu_nvlink_bytes_total receive 2048000",
                .. Common("1 GPU-2 Fake H2", 0.42), "1 GPU-2 Fake H2 hw_power_watts  123.456", .. Pcie("1 GPU-2 Fake H2"),
            ],
            told);

        static string[] Common(string device, double utilisation) =>
        [
            FormattableString.Invariant($"{device} hw_gpu_utilization_ratio compute {utilisation}"), $"{device} hw_gpu_utilization_ratio memory 0.2",
            $"{device} hw_gpu_memory_limit_bytes  85899345920", $"{device} hw_gpu_memory_usage_bytes  1073741824",
        ];

        static string[] Pcie(string device) =>
            [$"{device} opptel_gpu_pcie_bytes_per_second transmit 9000", $"{device} opptel_gpu_pcie_bytes_per_second receive 7000"];
    }

    [Fact]
    public void ALostDeviceIsAFailedReadingUntilItIsBack()
    {
        Sampler sampler = GpuSampler.Define(Library.Value);
        using ISlotReader reader = sampler.OpenReader!(Plan(sampler));
        _ = SetVariable("FAKE_NVML_LOST", "1", 1);
        Wait.Until(() => Failure(reader) == "NVML, nvmlDeviceGetUtilizationRates: GPU is lost", "the loss is told");
        _ = UnsetVariable("FAKE_NVML_LOST");
        Wait.Until(() => Failure(reader) is null, "it is back");
    }

    [Fact]
    public void WithoutADriverItIsAbsentAndSaysWhy()
    {
        _ = SetVariable("FAKE_NVML_NO_DRIVER", "1", 1);
        Sampler sampler = GpuSampler.Define(Library.Value);
        OperatorException exception = Assert.Throws<OperatorException>(() => sampler.OpenReader!(Plan(sampler)));
        Assert.EndsWith("finds no driver: Driver Not Loaded", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutALibraryItIsAbsentAndSaysWhy()
    {
        Sampler sampler = GpuSampler.Define("libnvidia-ml.so.none");
        OperatorException exception = Assert.Throws<OperatorException>(() => sampler.OpenReader!(Plan(sampler)));
        Assert.Equal("there is no libnvidia-ml.so.none: no NVIDIA driver", exception.Message);
    }

    private static SlotPlan Plan(Sampler sampler) => new([sampler], SlotPlan.Kinds.ToDictionary(kind => kind, _ => 0), 1);

    private string? Failure(ISlotReader reader)
    {
        try
        {
            reader.Read(store);
            return null;
        }
        catch (IOException exception)
        {
            return exception.Message;
        }
    }

    private static string Build()
    {
        string library = Path.Combine(AppContext.BaseDirectory, "libfake-nvml.so");
        string source = Path.Combine(KernelFixture.Root, "tests", "Host", "Gpu", "fake_nvml.c");
        using Process compiler = Process.Start(new ProcessStartInfo("cc", ["-shared", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", "-o", library, source]) { RedirectStandardError = true })!;
        string errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, errors);
        return library;
    }

    /// <summary>The library reads the process's environment, which .NET keeps a copy of.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);
}
