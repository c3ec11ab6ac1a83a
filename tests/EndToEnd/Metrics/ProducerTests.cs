using System.Diagnostics;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>Metrics that programs bring themselves reach the DPU: from C, from .NET and from a stranger's BPF program.</summary>
public sealed class ProducerTests : IDisposable
{
    private readonly Testbed testbed = new(driver: "af_packet");
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-e2e-").FullName;

    public ProducerTests()
    {
        File.AppendAllText(testbed["host.yaml"], $"producers: {{ socket: {Socket}, interval: 10ms }}\n");
        testbed.StartAll();
    }

    private string Socket => testbed["producers.sock"];

    public void Dispose()
    {
        testbed.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The samples of the README, with the testbed's socket.</summary>
    [Fact]
    public void TheReadMesSamplesReachTheDpu()
    {
        string source = Path.Combine(folder, "shop.c"), program = Path.Combine(folder, "shop");
        File.WriteAllText(source, ReadMe.Block("c"));
        Command.Run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", $"-DOPPTEL_PRODUCER_PATH=\"{Socket}\"", "-I", Path.Combine(Repository.Root, "bpf", "include"), source, "-o", program).Expect();
        RunningProgram shop = testbed.Start("host", program);
        testbed.WaitFor("the C program's counter", () => Sum("shop_orders_total", ("country", "it"), ("producer", "shop")) >= 3);
        testbed.WaitFor("the C program's histogram", () => Sum("shop_time_seconds_bucket", ("le", "+Inf"), ("producer", "shop")) >= 3);
        AssertCSharp();
        shop.Kill();
        testbed.WaitFor("the end of its series", () => testbed.HostMetrics().Sum("opptel_host_producers") == 1);
        Assert.Equal(0, testbed.DpuMetrics().Sum("opptel_records_undecodable_total"));
    }

    /// <summary>The example of bpf/example, as its Makefile builds it.</summary>
    [Fact]
    public void TheExampleReachesTheDpu()
    {
        Command.Run("make", "-C", Path.Combine(Repository.Root, "bpf", "example"), $"OUT={folder}").Expect();
        _ = testbed.Start("host", Path.Combine(folder, "switches"), Socket, Path.Combine(folder, "switches.bpf.o"));
        testbed.WaitFor("its counter", () => Sum("example_switches_total", ("producer", "example")) > 100);
        testbed.WaitFor("its histogram", () => Sum("example_stay_seconds_bucket", ("le", "+Inf")) > 100);
        Assert.Equal(4, testbed.HostMetrics().Sum("opptel_host_producer_messages_total", ("verdict", "accepted")));
    }

    private void AssertCSharp()
    {
        string project = Path.Combine(folder, "csharp");
        Directory.CreateDirectory(project);
        File.WriteAllText(Path.Combine(project, "Program.cs"), ReadMe.Block("csharp").Replace("Meters = [", $"Socket = \"{Socket}\", Meters = [", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(project, "Sample.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
              <ItemGroup><Reference Include="{Path.Combine(AppContext.BaseDirectory, "OppTel.Client.dll")}" /></ItemGroup>
            </Project>
            """);
        Command.Run(new ProcessStartInfo("dotnet", ["build", project, "-c", "Release", "-o", Path.Combine(project, "out"), "-nodeReuse:false"])).Expect();
        _ = testbed.Start("host", "dotnet", Path.Combine(project, "out", "Sample.dll"));
        testbed.WaitFor("the .NET program's counter", () => Sum("store_orders_total", ("country", "it"), ("producer", "Sample")) >= 3);
        testbed.WaitFor("the .NET program's histogram", () => Sum("store_time_seconds_bucket", ("le", "+Inf"), ("producer", "Sample")) >= 3);
    }

    private double Sum(string name, params ReadOnlySpan<(string Name, string Value)> labels) => testbed.DpuMetrics().Sum(name, labels);
}
