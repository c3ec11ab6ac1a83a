using System.Buffers.Binary;
using System.Diagnostics;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Host.Samplers;
using OppTel.Host.Scheduling;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>The BPF object loaded into the real kernel, with nothing attached, and its maps in reach.</summary>
public sealed class KernelFixture : IDisposable
{
    private static readonly Lazy<string> Built = new(() => Build("opptel.bpf.c"));

    /// <summary>With one class of slots.</summary>
    public KernelFixture()
        : this(new MetricClasses([MetricClass.Defaults[1]]))
    {
    }

    /// <summary>With classes, to which nothing belongs yet but to the first.</summary>
    internal KernelFixture(MetricClasses classes)
    {
        Object = BpfObject.Open(ObjectPath);
        uint cpus = (uint)BpfObject.PossibleCpus;
        Object.Map("opptel_streams").Resize(cpus);
        Object.Map("opptel_running").Resize(cpus);
        Object.Map("opptel_ages").Resize(cpus * HostMaps.Classes);
        Object.Map("opptel_fast").Resize(cpus);
        Object.Map("opptel_rings").Resize((uint)classes.Rings);
        Object.Load();
        State = Object.Map("opptel_state").MapInto<HostState>();
        Slots = Object.Map("opptel_slots").MapInto<HostSlot>();
        Streams = Object.Map("opptel_streams").MapInto<HostStream>();
        Running = Object.Map("opptel_running").MapInto<HostRunning>();
        Sampler = Object.Map("opptel_sampler").MapInto<HostSampler>();
        Egress = Object.Program("opptel_egress");
        Ages = Object.Map("opptel_ages").MapInto<HostAges>();
        State[0] = new HostState { LeaseUntil = ulong.MaxValue, Cpus = 0, Epoch = 7, MaxTrailer = 512, MaxValues = 16 };
        classes.WriteTo(ref State[0]);
    }

    /// <summary>Who has which slots when all samplers run.</summary>
    public static SlotPlan Plan { get; } = new(
        OppTel.Host.Samplers.Sampler.All, SlotPlan.Kinds.ToDictionary(kind => kind, Limit), BpfObject.PossibleCpus);

    private static int Limit(EntityKind kind) => kind switch
    {
        EntityKind.Process => 4000,
        EntityKind.Disk => 8,
        _ => 1000,
    };

    /// <summary>Loads a sampler's object onto the maps of this one; nothing of it is attached.</summary>
    internal RunningSampler LoadSampler(string name)
    {
        RunningSampler sampler = new(OppTel.Host.Samplers.Sampler.All.Single(sampler => sampler.Name == name));
        sampler.Load(Build(Path.Combine("samplers", $"{name}.bpf.c")), Object, Plan);
        return sampler;
    }

    /// <summary>The shape of a histogram among a sampler's slots.</summary>
    public static LogLinear HistogramAt(string variable)
    {
        uint id = Plan.Blocks.Single(block => block.FirstSlot == Plan.Variables[variable]).MetricIds[0];
        return Plan.Metrics.Single(planned => planned.Metric.Id == id).Metric.LogLinear.Clone();
    }

    /// <summary>Path of the object, built from this tree.</summary>
    public static string ObjectPath => Built.Value;

    /// <summary>Loads programs that only tests need, from a file beside them.</summary>
    public static BpfObject LoadProbes(string file = "probes.bpf.c")
    {
        BpfObject probes = BpfObject.Open(Build(Path.Combine("..", "tests", "Host", "Bpf", file)));
        probes.Load();
        return probes;
    }

    /// <summary>Root of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    public BpfObject Object { get; }

    public MappedArray<HostState> State { get; }

    public MappedArray<HostSlot> Slots { get; }

    public MappedArray<HostStream> Streams { get; }

    public MappedArray<HostRunning> Running { get; }

    public MappedArray<HostSampler> Sampler { get; }

    public MappedArray<HostAges> Ages { get; }

    public BpfProgram Egress { get; }

    /// <summary>Sum of a reason over all CPUs.</summary>
    public ulong Count(EgressReason reason)
    {
        ulong sum = 0;
        for (int cpu = 0; cpu < Streams.Count; cpu++)
            sum += Streams[cpu].Reason[(int)reason];
        return sum;
    }

    /// <summary>The counters of all reasons, summed over all CPUs.</summary>
    public ulong[] Counts() => [.. Enum.GetValues<EgressReason>().Select(Count)];

    /// <summary>Makes slots live and due with these values.</summary>
    public void Publish(int first, params ReadOnlySpan<ulong> values)
    {
        for (int index = 0; index < values.Length; index++)
            Slots[first + index].Value = values[index];
        SetLive(first, values.Length, live: true);
    }

    /// <summary>Makes slots live and due, or dead.</summary>
    public void SetLive(int first, int slots, bool live)
    {
        BpfProgram publish = Object.Program("opptel_publish");
        for (int done = 0; done < slots; done += HostMaps.MaxPublish)
        {
            int count = Math.Min(HostMaps.MaxPublish, slots - done);
            Assert.Equal(count, publish.Call(new PublishArgument((uint)(first + done), (uint)count, live ? 1u : 0u)));
        }
    }

    /// <summary>Runs the egress program on a frame and gives back what left, checking that it never drops.</summary>
    public byte[] Send(ReadOnlySpan<byte> frame, int interfaceIndex = 0, uint gsoSize = 0)
    {
        byte[] context = [];
        if (interfaceIndex != 0 || gsoSize != 0)
        {
            context = new byte[192];
            BinaryPrimitives.WriteInt32LittleEndian(context.AsSpan(40), interfaceIndex);
            BinaryPrimitives.WriteUInt32LittleEndian(context.AsSpan(176), gsoSize);
        }

        TestRunResult result = Egress.TestRun(frame, context);
        Assert.Equal(-1, result.Result);
        return result.Packet;
    }

    public void Dispose()
    {
        State.Dispose();
        Slots.Dispose();
        Streams.Dispose();
        Running.Dispose();
        Sampler.Dispose();
        Ages.Dispose();
        Object.Dispose();
    }

    /// <summary>Sends one frame that must take a trailer, and reads it.</summary>
    public (Footer Footer, ValueRecord[] Values) Stamp(ReadOnlySpan<byte> frame, int interfaceIndex = 0)
    {
        byte[] stamped = Send(frame, interfaceIndex);
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(stamped, out int length));
        Assert.True(frame.SequenceEqual(stamped.AsSpan(..^length)));
        return Read(stamped.AsSpan(^length..));
    }

    /// <summary>Footer and value records of a valid trailer.</summary>
    public static (Footer Footer, ValueRecord[] Values) Read(ReadOnlySpan<byte> trailer)
    {
        TrailerReader reader = new(trailer);
        ValueRecord[] values = new ValueRecord[reader.Footer.Values];
        for (int index = 0; index < values.Length; index++)
            values[index] = reader.Value(index);
        return (reader.Footer, values);
    }

    /// <summary>Compiles a source file, given by its path from the folder bpf, and returns the object's path.</summary>
    public static string Build(string source)
    {
        string output = Path.Combine(AppContext.BaseDirectory, "bpf");
        using Process make = Process.Start(new ProcessStartInfo("make", ["-C", Path.Combine(Root, "bpf"), $"OUT={output}", $"SOURCES={source}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string log = make.StandardError.ReadToEnd();
        make.WaitForExit();
        Assert.True(make.ExitCode == 0, log);
        return Path.Combine(output, Path.ChangeExtension(Path.GetFileName(source), ".o"));
    }

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OppTel.Dataplane.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run inside a checkout");
        return folder;
    }
}
