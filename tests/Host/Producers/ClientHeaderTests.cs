using System.Diagnostics;
using System.Globalization;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>The C header as an application uses it, against the daemon's side.</summary>
public sealed class ClientHeaderTests(ITestOutputHelper output) : IDisposable
{
    private static readonly Lazy<string> Program = new(() => Compile("gcc", "-std=c11"));
    private readonly ProducerBed bed = new();
    private readonly List<Application> applications = [];

    public void Dispose()
    {
        applications.ForEach(application => application.Dispose());
        bed.Dispose();
    }

    [Theory]
    [InlineData("gcc", "-std=c11")]
    [InlineData("clang", "-std=c11")]
    [InlineData("g++", "-std=c++11", "-x", "c++")]
    [InlineData("g++", "-std=c++20", "-x", "c++")]
    public void ItCompilesWithoutAWarning(string compiler, params string[] options) => Compile(compiler, options);

    [Fact]
    public void ValuesArrive()
    {
        Application application = Start();
        Assert.Equal("1", application.Next());
        Assert.Equal("0", application.Ask("declare counter 0 shop_orders_total it"));
        Assert.Equal("0", application.Ask("declare gauge 1 shop_load it"));
        Assert.Equal("0", application.Ask("declare histogram 2 shop_time_seconds it"));
        Assert.Equal("0", application.Ask("declare level 3 shop_queue it"));
        application.Tell("add 0 41", "add 0 1", "set 1 -2.5", "observe 2 1500", "add 3 18446744073709551615");
        bed.Read();
        Assert.Equal(42ul, bed.Store[SlotOf("shop_orders_total")]);
        Assert.Equal(BitConverter.DoubleToUInt64Bits(-2.5) >> 16, bed.Store[SlotOf("shop_load")]);
        Assert.Equal(-1, (long)bed.Store[SlotOf("shop_queue")]);
        uint first = SlotOf("shop_time_seconds");
        Assert.Equal([(uint)HistogramBucket.Of(1500)], Enumerable.Range(0, (int)HistogramLayout.Slots).Where(bucket => bed.Store[first + (uint)bucket] > 0).Select(bucket => (uint)bucket));
        Assert.Equal("shop", bed.Store.Declared[0].Labels["producer"]);
        Assert.Equal(application.Id.ToString(CultureInfo.InvariantCulture), bed.Store.Declared[0].Labels["process_pid"]);
    }

    /// <summary>At both ends of each bucket.</summary>
    [Fact]
    public void ItsBucketsAreThoseOfTheCatalog()
    {
        Application application = Start();
        Assert.Equal("1", application.Next());
        LogLinear shape = SlotMetrics.Histogram("a", "A.").LogLinear;
        shape.Unit = 1;
        for (int bucket = 0; bucket < shape.Buckets - 1; bucket++)
        {
            Assert.Equal($"{bucket}", application.Ask($"slot {(ulong)shape.UpperBound(bucket) - 1}"));
            Assert.Equal($"{bucket + 1}", application.Ask($"slot {(ulong)shape.UpperBound(bucket)}"));
        }

        Assert.Equal($"{shape.Buckets - 1}", application.Ask($"slot {ulong.MaxValue}"));
        Assert.Equal("0", application.Ask("slot 0"));
    }

    [Fact]
    public void WithoutADaemonNothingHappensAndWithOneTotalsGoOn()
    {
        bed.Reader.Dispose();
        Application application = Start();
        Assert.Equal("0", application.Next());
        Assert.Equal("0", application.Ask("declare counter 0 a_total x"));
        application.Tell("add 0 5");
        Assert.StartsWith("-1", application.Ask("connect"), StringComparison.Ordinal);
        for (ulong total = 5; total < 8; total++)
        {
            bed.Restart();
            Assert.Equal("0 0", application.Ask("connect"));
            bed.Read();
            Assert.Equal(total, bed.Store[bed.Store.Declared[^1].FirstSlot]);
            application.Tell("add 0 1");
            bed.Read();
            Assert.Equal(total + 1, bed.Store[bed.Store.Declared[^1].FirstSlot]);
        }
    }

    /// <summary>When it is declared, and when another daemon has fewer slots: it counts all the time, and is taken when there is room.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatFindsNoSlotsIsDeclaredAgain(bool isNew)
    {
        string refused = $"{(int)ProducerVerdict.TooManySeries}";
        if (isNew)
            bed.Restart(slots: 1);
        Application application = Start();
        Assert.Equal("1", application.Next());
        Assert.Equal("0", application.Ask("declare counter 0 a_total x"));
        Assert.Equal(isNew ? refused : "0", application.Ask("declare counter 1 b_total x"));
        application.Tell("add 1 7");
        if (!isNew)
        {
            bed.Restart(slots: 1);
            Assert.Equal($"0 {refused}", application.Ask("connect"));
            bed.Store.Declared.RemoveAt(0);
            bed.Store.Declared.RemoveAt(0);
        }

        Assert.Equal("a_total", Assert.Single(bed.Store.Declared).Metric.Name);
        application.Tell("withdraw 0", "add 1 1");
        Wait.Until(() => application.Ask("connect").StartsWith('0') && bed.Store.Declared.Count == 1, "it is taken");
        application.Tell("add 1 1");
        bed.Read();
        Assert.Equal(9ul, bed.Store[SlotOf("b_total")]);
    }

    /// <summary>Before there is a daemon, and while there is one.</summary>
    [Fact]
    public void WhatAChildCountsCounts()
    {
        bed.Reader.Dispose();
        Application application = Start();
        Assert.Equal("0", application.Next());
        Assert.Equal("0", application.Ask("declare counter 0 a_total x"));
        application.Tell("fork 0 5");
        bed.Restart();
        Assert.Equal("0 0", application.Ask("connect"));
        application.Tell("fork 0 3");
        bed.Read();
        Assert.Equal(8ul, bed.Store[SlotOf("a_total")]);
    }

    [Fact]
    public void WhatFindsNoPlaceGoesNowhere()
    {
        Application application = Start(cells: 2);
        Assert.Equal("1", application.Next());
        Assert.Equal($"{(int)ProducerVerdict.BadCells}", application.Ask("declare histogram 0 a_seconds x"));
        Assert.Equal($"{(int)ProducerVerdict.BadName}", application.Ask("declare counter 1 a-b_total x"));
        Assert.Equal($"{(int)ProducerVerdict.BadText}", application.Ask($"declare counter 2 {new string('a', 130)}_total x"));
        Assert.Equal("0", application.Ask("declare counter 3 a_total x"));
        Assert.Equal("0", application.Ask("declare counter 4 b_total x"));
        application.Tell("observe 0 99999", "add 1 1", "add 2 1", "add 3 3", "add 4 4", "withdraw 3");
        bed.Read();
        Assert.Equal(4ul, bed.Store[SlotOf("b_total")]);
        Assert.Equal("0", application.Ask("declare counter 5 c_total x"));
        application.Tell("add 5 9");
        bed.Read();
        Assert.Equal(["b_total 4", "c_total 9"], bed.Store.Declared.Select(series => $"{series.Metric.Name} {bed.Store[series.FirstSlot]}"));
    }

    /// <summary>One thread, best of five rounds.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerUpdate()
    {
        Application application = Start();
        Assert.Equal("1", application.Next());
        Assert.Equal("0", application.Ask("declare counter 0 a_total x"));
        Assert.Equal("0", application.Ask("declare histogram 1 a_seconds x"));
        output.WriteLine($"C, ns per opptel_add and per opptel_observe: {application.Ask("measure")}");
    }

    private Application Start(int cells = 512)
    {
        Application application = new(Program.Value, bed, cells);
        applications.Add(application);
        return application;
    }

    private uint SlotOf(string name) => bed.Store.Declared.Single(series => series.Metric.Name == name).FirstSlot;

    private static string Compile(string compiler, params string[] options)
    {
        string program = Path.Combine(AppContext.BaseDirectory, $"producer-{compiler}"), folder = Path.Combine(KernelFixture.Root, "bpf", "include");
        string source = Path.Combine(KernelFixture.Root, "tests", "Host", "Producers", "client.c");
        using Process process = System.Diagnostics.Process.Start(new ProcessStartInfo(compiler, [.. options, "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", folder, source, "-o", program]) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return program;
    }

    /// <summary>The program with its input and output; the daemon's side works while it answers.</summary>
    private sealed class Application(string program, ProducerBed bed, int cells) : IDisposable
    {
        private readonly Process process = System.Diagnostics.Process.Start(
            new ProcessStartInfo(program, [bed.Path, "shop", $"{cells}"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

        public int Id => process.Id;

        public string Next()
        {
            Task<string?> line = process.StandardOutput.ReadLineAsync();
            Wait.Until(
                () =>
                {
                    if (Path.Exists(bed.Path))
                        bed.Read();
                    return line.IsCompleted;
                },
                "the application answers");
            return line.Result ?? throw new InvalidOperationException($"the application ended with {process.ExitCode}");
        }

        public string Ask(string command)
        {
            process.StandardInput.WriteLine(command);
            return Next();
        }

        public void Tell(params string[] commands) => Assert.All(commands, command => Assert.Equal("ok", Ask(command)));

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
