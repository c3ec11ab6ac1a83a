using OppTel.Bpf;
using OppTel.Host.Samplers;
using OppTel.Host.Scheduling;

namespace OppTel.Host.Tests.Bpf;

/// <summary>
/// What the egress program costs a packet, in nanoseconds, by the kernel's own clock around it. No tests: nothing is asserted, and
/// they run only when asked for, with <c>dotnet run --project tests/Host -- -explicit only -class "*Measurements" -showliveoutput</c>.
/// </summary>
public sealed class Measurements(ITestOutputHelper output) : IDisposable
{
    private const int Repeat = 2_000_000;
    private const int Singles = 50_000;
    private const string Listening = "$l=IO::Socket::INET->new(Listen=>5,LocalAddr=>'127.0.0.1') or die;";
    private const string BackAndForth = Listening
        + "$c=IO::Socket::INET->new(PeerPort=>$l->sockport,PeerAddr=>'127.0.0.1');$s=$l->accept;while(1){syswrite($c,1);sysread($s,$x,1);syswrite($s,1);sysread($c,$x,1)}";

    private const string PipeBackAndForth =
        "pipe(A,B);pipe(C,D);if(fork){while(1){syswrite(B,1);sysread(C,$x,1)}}else{while(1){sysread(A,$x,1);syswrite(D,1)}}";

    private readonly KernelFixture kernel = new();

    public void Dispose() => kernel.Dispose();

    [Fact(Explicit = true)]
    public void NanosecondsPerPacket()
    {
        using PinnedThread thread = new(Environment.ProcessorCount - 1);
        thread.Run(() =>
        {
            byte[] frame = Frames.Ipv4Udp(100);
            using BpfObject probes = KernelFixture.LoadProbes();
            Tell("a program that does nothing", Mean(probes.Program("probe_pass"), frame));
            Tell("not a carrier: unknown EtherType", Mean(kernel.Egress, Frames.Ethernet(0x1234, new byte[100])));
            Tell("not a carrier: GSO", kernel.Egress.TestRun(frame, Context(gsoSize: 50), Repeat).NanosecondsPerRun);
            Tell("nothing due", Mean(kernel.Egress, frame));
            kernel.State[0].LeaseUntil = 0;
            Tell("no lease", Mean(kernel.Egress, frame));
            kernel.State[0].LeaseUntil = ulong.MaxValue;
            BpfProgram floor = probes.Program("probe_floor");
            Tell("one run: does nothing", Median(() => probes.Program("probe_pass").TestRun(frame)));
            Tell("one run: grow by 88 bytes and store", Median(() => floor.TestRun(frame)));
            foreach (int values in (int[])[1, 8, 16, 32])
            {
                kernel.State[0].MaxValues = (ushort)values;
                Tell($"one run: carrier with {values} due values", Median(() => Due(frame, values)));
            }

            kernel.State[0].MaxValues = 8;
            kernel.State[0].Cpus = (uint)Environment.ProcessorCount;
            Tell("one run: carrier with 8 due values, charging all CPUs", Median(() => Due(frame, 8)));
        });
    }

    /// <summary>A carrier with and without the mark, in turn.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerMark()
    {
        using MappedArray<HostMarks> map = kernel.Object.Map("opptel_marks").MapInto<HostMarks>();
        OppTel.Host.Control.FrameMarks marks = new(map);
        marks.Add(1, new System.Net.NetworkInformation.PhysicalAddress([2, 0, 0, 0, 0, 2]));
        byte[] frame = Frames.Ipv4Udp(100);
        kernel.State[0].MaxValues = 8;
        using PinnedThread thread = new(Environment.ProcessorCount - 1);
        thread.Run(() =>
        {
            for (int round = 0; round < 3; round++)
            {
                foreach (bool asked in (bool[])[false, true])
                {
                    marks.Asked = asked;
                    string how = asked ? "marked" : "not marked";
                    Tell($"nothing due, {how}", Mean(kernel.Egress, frame));
                    Tell($"one run: carrier with 8 due values, {how}", Median(() => Due(frame, 8)));
                }
            }
        });
    }

    /// <summary>Carriers with and without a tag, in turn.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerTaggedCarrier()
    {
        using MappedArray<HostTagKeys> keys = kernel.Object.Map("opptel_tag_keys").MapInto<HostTagKeys>();
        OppTel.Host.Control.TrailerTagging tagging = new(kernel.State, keys);
        byte[] frame = Frames.Ipv4Udp(100);
        using PinnedThread thread = new(Environment.ProcessorCount - 1);
        thread.Run(() =>
        {
            foreach (int values in (int[])[1, 8, 32])
            {
                kernel.State[0].MaxValues = (ushort)values;
                for (int round = 0; round < 2; round++)
                {
                    tagging.Use(null);
                    Tell($"one run: carrier with {values} due values", Median(() => Due(frame, values)));
                    tagging.Use(new OppTel.Wire.TrailerKey(1, 2));
                    Tell($"one run: the same with a tag", Median(() => Due(frame, values)));
                }
            }
        });
    }

    /// <summary>A carrier that reads what the sending cgroup uses besides, and one that does not, in turn.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerCarrierWithMemory()
    {
        using RunningSampler memory = StartMemory();
        using MemoryCgroup cgroup = new();
        memory.Reader!.Read(new OppTel.Host.Tests.Daemon.RecordingStore());
        byte[] frame = Frames.Ipv4Udp(100);
        kernel.State[0].MaxValues = 8;
        using PinnedThread thread = new(Environment.ProcessorCount - 1);
        thread.Run(() => cgroup.Inside(() =>
        {
            for (int round = 0; round < 3; round++)
            {
                kernel.State[0].MemoryPart = 0;
                Tell("one run: carrier with 8 due values", Median(() => Due(frame, 8)));
                kernel.State[0].MemoryPart = KernelFixture.Plan.Variables[CgroupMemorySampler.Variable] + 1;
                Tell("one run: the same for the same cgroup, within the interval", Median(() => Due(frame, 8)));
                Tell("one run: the same, reading the memory of the sender", Median(() =>
                {
                    kernel.Streams[Environment.ProcessorCount - 1].MemoryCgroup = 0;
                    return Due(frame, 8);
                }));
            }
        }));
    }

    /// <summary>One reading of the memory of all cgroups, with few and with many of them.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerReadingOfCgroupMemory()
    {
        using RunningSampler memory = StartMemory();
        OppTel.Host.Tests.Daemon.RecordingStore store = new();
        List<MemoryCgroup> cgroups = [];
        foreach (int many in (int[])[0, 200])
        {
            while (cgroups.Count < many)
                cgroups.Add(new MemoryCgroup());
            memory.Reader!.Read(store);
            const int readings = 1000;
            Tell($"one reading with {many} cgroups more, mean of {readings}", (double)TimeOf(() => memory.Reader.Read(store), readings) / readings);
        }

        cgroups.ForEach(cgroup => cgroup.Dispose());
    }

    /// <summary>The sampler at its hook, by the kernel's accounting of it, while processes switch as fast as they can.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerSwitch()
    {
        using SamplerFixture sampler = new();
        using IDisposable accounting = BpfObject.AccountRuns();
        foreach (string program in (string[])["opptel_sched_switch", "opptel_wakeup"])
            TellCost(sampler.Scheduler.Object!.Program(program), "perl", "-e", PipeBackAndForth);
    }

    /// <summary>The perf event sampler at its hook, with the events that this machine counts, under the same load.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerSwitchWithPerfEvents()
    {
        using PerfEventFixture perf = new();
        using IDisposable accounting = BpfObject.AccountRuns();
        Tell($"{perf.Verdicts.Count(verdict => verdict.Refusal.Length == 0)} of {perf.Verdicts.Count} events counted", 0);
        TellCost(perf.Program, "taskset", "-c", "0", "perl", "-e", PipeBackAndForth);
        using TestCgroup cgroup = new();
        string other = $"open(P,q(>),q({cgroup.Path}/cgroup.procs));print P 0;close(P);";
        TellCost(perf.Program, "taskset", "-c", "0", "perl", "-e", PipeBackAndForth.Replace("if(fork){", $"if(fork){{{other}", StringComparison.Ordinal));
    }

    /// <summary>The disk sampler at its hooks while a disk is read as fast as it can be, past the page cache.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerDiskRequest()
    {
        Assert.True(kernel.Object.Map("opptel_free_disk").TryPush(KernelFixture.Plan.BlocksOf(EntityKind.Disk).First()));
        using RunningSampler disk = kernel.LoadSampler("disk");
        disk.Attach(KernelFixture.Plan);
        using IDisposable accounting = BpfObject.AccountRuns();
        foreach (string program in disk.Sampler.Programs)
            TellCost(disk.Object!.Program(program), "sh", "-c", $"while :; do dd if={KernelFixture.ObjectPath} of=/dev/null bs=4k iflag=direct 2>/dev/null; done");
    }

    /// <summary>The cgroup network sampler at both hooks while one connection goes back and forth.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerPacketOfACgroup()
    {
        Assert.True(kernel.Object.Map("opptel_free_cgroup").TryPush(KernelFixture.Plan.BlocksOf(EntityKind.Cgroup).First()));
        using RunningSampler sampler = kernel.LoadSampler("cgroup_network");
        sampler.Attach(KernelFixture.Plan);
        using IDisposable accounting = BpfObject.AccountRuns();
        TellCost(sampler.Object!.Program("opptel_cgroup_sent"), "perl", "-MIO::Socket", "-e", BackAndForth);
        TellCost(sampler.Object!.Program("opptel_cgroup_received"), "perl", "-MIO::Socket", "-e", BackAndForth);
    }

    /// <summary>The round-trip sampler at its hook while one connection goes back and forth.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerTcpSegment()
    {
        using RunningSampler rtt = kernel.LoadSampler("tcp_rtt");
        rtt.Attach(KernelFixture.Plan);
        using IDisposable accounting = BpfObject.AccountRuns();
        TellCost(
            rtt.Object!.Program("opptel_tcp_rtt"),
            "perl", "-MIO::Socket", "-e", BackAndForth);
    }

    /// <summary>The TCP sampler at its most frequent hook while connections come and go.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerTcpState()
    {
        using RunningSampler tcp = kernel.LoadSampler("tcp");
        tcp.Attach(KernelFixture.Plan);
        using IDisposable accounting = BpfObject.AccountRuns();
        TellCost(
            tcp.Object!.Program("opptel_tcp_state"),
            "perl", "-MIO::Socket", "-e", Listening + "while(1){$c=IO::Socket::INET->new(PeerPort=>$l->sockport,PeerAddr=>'127.0.0.1');$s=$l->accept;close($s);close($c)}");
    }

    /// <summary>What readers take of the daemon's thread, without storing what they read; interfaces in a namespace that has 101 of them.</summary>
    [Fact(Explicit = true)]
    public void NanosecondsPerReading()
    {
        using NetworkNamespace network = new();
        for (int number = 0; number < 50; number++)
            network.Command("ip", $"link add v{number} type veth peer name w{number}");
        Sampler[] samplers =
        [
            CpuSampler.Definition, MemorySampler.Definition, SoftnetSampler.Definition, TcpListenSampler.Definition, InterfacesSampler.Definition,
            TransportSampler.Define([.. MetricClass.Defaults], new ValueAges(kernel.Ages)),
        ];
        SlotPlan plan = new(samplers, SlotPlan.Kinds.ToDictionary(kind => kind, _ => 1), BpfObject.PossibleCpus);
        foreach (Sampler sampler in samplers)
        {
            using ISlotReader reader = network.Get(() => sampler.OpenReader!(plan));
            OppTel.Host.Tests.Daemon.RecordingStore store = new(200);
            const int readings = 2000;
            ulong took = network.Get(() => TimeOf(() => reader.Read(store), readings));
            Tell($"{sampler.Name}, mean of {readings} readings", (double)took / readings);
        }
    }

    [Fact(Explicit = true)]
    public void NanosecondsPerSystemCall()
    {
        using RunningSampler syscalls = kernel.LoadSampler("syscalls");
        syscalls.Attach(KernelFixture.Plan);
        using IDisposable accounting = BpfObject.AccountRuns();
        foreach (string program in syscalls.Sampler.Programs)
            TellCost(syscalls.Object!.Program(program), "perl", "-e", "getppid() while 1");
    }

    /// <summary>CPU time that so many runs take, after one that warms up.</summary>
    private static ulong TimeOf(Action action, int runs)
    {
        action();
        ulong began = TestLibc.ThreadTime;
        for (int run = 0; run < runs; run++)
            action();
        return TestLibc.ThreadTime - began;
    }

    private RunningSampler StartMemory()
    {
        foreach (uint block in KernelFixture.Plan.BlocksOf(EntityKind.Cgroup))
            Assert.True(kernel.Object.Map("opptel_free_cgroup").TryPush(block));
        RunningSampler memory = kernel.LoadSampler("cgroup_memory");
        memory.Attach(KernelFixture.Plan);
        return memory;
    }

    /// <summary>What a program's runs took while a command ran for three seconds.</summary>
    private void TellCost(BpfProgram program, string command, params string[] arguments)
    {
        ProgramCost before = program.Cost;
        using (Workload workload = Workload.Start(command, arguments))
            Thread.Sleep(3000);
        ProgramCost cost = program.Cost;
        Tell($"{program.Name}, mean of {cost.Count - before.Count} runs", (double)(cost.Nanoseconds - before.Nanoseconds) / (cost.Count - before.Count));
    }

    private TestRunResult Due(byte[] frame, int values)
    {
        kernel.SetLive(64, values, live: true);
        return kernel.Egress.TestRun(frame);
    }

    private static double Mean(BpfProgram program, byte[] frame) => program.TestRun(frame, repeat: Repeat).NanosecondsPerRun;

    private static double Median(Func<TestRunResult> run)
    {
        uint[] times = new uint[Singles];
        for (int index = 0; index < times.Length; index++)
            times[index] = run().NanosecondsPerRun;
        Array.Sort(times);
        return times[Singles / 2];
    }

    private static byte[] Context(byte gsoSize)
    {
        byte[] context = new byte[192];
        context[176] = gsoSize;
        return context;
    }

    private void Tell(string what, double nanoseconds) => output.WriteLine($"{nanoseconds,8:F1} ns  {what}");
}
