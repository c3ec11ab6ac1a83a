using System.Buffers.Binary;
using OppTel.Bpf;
using OppTel.Host.Survey;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Survey;

/// <summary>The counting program in the real kernel, and what it counted summed over all CPUs.</summary>
public sealed class SurveyFixture : IDisposable
{
    private static readonly Lazy<string> Built = new(() => Path.GetDirectoryName(KernelFixture.Build("survey.bpf.c"))!);

    public SurveyFixture(int traceEntries = 0, TimeSpan minGap = default)
    {
        Kernel = new SurveyKernel(Directory, traceEntries);
        Trace = Kernel.Begin(TestLibc.Boottime, minGap);
    }

    /// <summary>Folder of the object, built from this tree.</summary>
    public static string Directory => Built.Value;

    public SurveyKernel Kernel { get; }

    public CarrierTrace Trace { get; }

    public void Dispose() => Kernel.Dispose();

    /// <summary>Runs the program on a packet, which must leave as it is.</summary>
    public void Send(ReadOnlySpan<byte> packet, int interfaceIndex = 0, int gsoSize = 0, int gsoSegments = 0, int wireLength = 0)
    {
        byte[] context = new byte[192];
        BinaryPrimitives.WriteInt32LittleEndian(context.AsSpan(40), interfaceIndex);
        BinaryPrimitives.WriteInt32LittleEndian(context.AsSpan(160), wireLength);
        BinaryPrimitives.WriteInt32LittleEndian(context.AsSpan(164), gsoSegments);
        BinaryPrimitives.WriteInt32LittleEndian(context.AsSpan(176), gsoSize);
        TestRunResult result = Kernel.Program.TestRun(packet, context);
        Assert.Equal(-1, result.Result);
        Assert.True(packet.SequenceEqual(result.Packet), $"changed {Convert.ToHexString(packet)}");
    }

    public ulong[] Reasons() => Sum(Enum.GetValues<EgressReason>().Length, (in SurveyCpu cpu, int index) => cpu.Reason[index]);

    public ulong[] PacketSizes() => Sum(SurveyMaps.Sizes, (in SurveyCpu cpu, int index) => cpu.PacketSize[index]);

    public ulong[] FrameSizes() => Sum(SurveyMaps.Sizes, (in SurveyCpu cpu, int index) => cpu.FrameSize[index]);

    public ulong[] Rooms() => Sum(SurveyMaps.Rooms, (in SurveyCpu cpu, int index) => cpu.Room[index]);

    public ulong FrameBytes() => Sum(1, (in SurveyCpu cpu, int _) => cpu.FrameBytes)[0];

    public ulong BelowMtu() => Sum(1, (in SurveyCpu cpu, int _) => cpu.BelowMtu)[0];

    public ulong Unsplit() => Sum(1, (in SurveyCpu cpu, int _) => cpu.Unsplit)[0];

    /// <summary>Tallies by their index, without the empty ones.</summary>
    public Dictionary<int, SurveyTally> Protocols()
    {
        Dictionary<int, SurveyTally> tallies = [];
        for (int cpu = 0; cpu < Kernel.Cpus.Count; cpu++)
        {
            for (int protocol = 0; protocol < (int)SurveyProtocol.Protocols; protocol++)
            {
                if (Kernel.Cpus[cpu].Protocol[protocol] is { Packets: > 0 } tally)
                    tallies[protocol] = tallies.GetValueOrDefault(protocol) + tally;
            }
        }

        return tallies;
    }

    private delegate ulong Read(in SurveyCpu cpu, int index);

    private ulong[] Sum(int count, Read read)
    {
        ulong[] sums = new ulong[count];
        for (int cpu = 0; cpu < Kernel.Cpus.Count; cpu++)
        {
            for (int index = 0; index < count; index++)
                sums[index] += read(Kernel.Cpus[cpu], index);
        }

        return sums;
    }
}
