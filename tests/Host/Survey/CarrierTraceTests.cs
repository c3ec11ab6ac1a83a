using OppTel.Bpf;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Survey;

/// <summary>Carriers as the CPUs write them, read in one order.</summary>
public sealed class CarrierTraceTests
{
    private const int LoopbackMtu = 65536;
    private readonly List<(ulong Time, int Room)> carriers = [];

    [Fact]
    public void EveryCarrierComesOnceInOrderWithItsRoom()
    {
        using SurveyFixture survey = new();
        ulong before = TestLibc.Boottime;
        for (int round = 0; round < 20; round++)
        {
            foreach (int cpu in Enumerable.Range(0, Math.Min(2, Environment.ProcessorCount)))
                On(cpu, () => survey.Send(Frames.Ipv4Udp(round)));
            // What is not settled yet waits for the next time.
            survey.Trace.Drain(round % 2 == 0 ? 0 : ulong.MaxValue, Add);
        }

        survey.Trace.Drain(ulong.MaxValue, Add);
        int cpus = Math.Min(2, Environment.ProcessorCount);
        Assert.Equal(Enumerable.Range(0, 20).SelectMany(round => Enumerable.Repeat(LoopbackMtu - 28 - round, cpus)), carriers.Select(carrier => carrier.Room));
        Assert.Equal(carriers.Select(carrier => carrier.Time).Order(), carriers.Select(carrier => carrier.Time));
        Assert.True(carriers[^1].Time <= TestLibc.Boottime - before + 1_000_000_000);
        Assert.Equal((ulong)(20 * cpus) - 1, survey.Trace.HostGaps.Count);
        Assert.Equal(carriers[^1].Time - carriers[0].Time, survey.Trace.HostGaps.Sum);
        Assert.Equal(19ul, survey.Trace.CpuGaps(0).Count);
        Assert.Equal(0ul, survey.Trace.Lost);
    }

    [Fact]
    public void WhatIsOverwrittenIsKnown()
    {
        using SurveyFixture survey = new(traceEntries: 16);
        On(0, () => Send(survey, 100));
        survey.Trace.Drain(ulong.MaxValue, Add);
        // The entry that would be written next is not trusted.
        Assert.Equal(15, carriers.Count);
        Assert.Equal(85ul, survey.Trace.Lost);
        On(0, () => Send(survey, 10));
        survey.Trace.Drain(ulong.MaxValue, Add);
        Assert.Equal(25, carriers.Count);
        Assert.Equal(85ul, survey.Trace.Lost);
    }

    [Fact]
    public void ACarrierThatComesTooSoonHasNoRoom()
    {
        using SurveyFixture survey = new(minGap: TimeSpan.FromHours(1));
        On(0, () => Send(survey, 5));
        survey.Trace.Drain(ulong.MaxValue, Add);
        Assert.Equal([LoopbackMtu - 28, 0, 0, 0, 0], carriers.Select(carrier => carrier.Room));
        Assert.Equal(4ul, survey.Trace.HostGaps.Count);
    }

    [Fact]
    public void WhatDoesNotCarryIsNotInTheTrace()
    {
        using SurveyFixture survey = new();
        survey.Send(Frames.Ethernet(0x1234, new byte[100]));
        survey.Send(Frames.Ipv4Udp(1000), gsoSize: 100);
        survey.Trace.Drain(ulong.MaxValue, Add);
        Assert.Empty(carriers);
    }

    [Fact]
    public void NothingIsCountedBeforeTheBeginningAndBehindTheEnd()
    {
        using SurveyFixture survey = new();
        survey.Kernel.End();
        Send(survey, 5);
        Assert.All(survey.Reasons(), count => Assert.Equal(0ul, count));
    }

    [Fact]
    public void RoomIsExact()
    {
        using NetworkNamespace host = new();
        host.Run(() =>
        {
            host.Command("ip", "link add wire mtu 1500 type veth peer name peer");
            using SurveyFixture survey = new();
            foreach (int payload in (int[])[0, 1, 1000, 1440])
                survey.Send(Frames.Ipv4Udp(payload), TestLibc.InterfaceIndex("wire"));
            survey.Send(Frames.Ipv4Udp(1441), TestLibc.InterfaceIndex("wire"));
            survey.Trace.Drain(ulong.MaxValue, Add);
            Assert.Equal([1472, 1471, 472, 32], carriers.Select(carrier => carrier.Room));
            Assert.Equal(1ul, survey.Reasons()[(int)EgressReason.NoSlack]);
        });
    }

    private void Add(ulong time, int room) => carriers.Add((time, room));

    private static void Send(SurveyFixture survey, int count)
    {
        for (int sent = 0; sent < count; sent++)
            survey.Send(Frames.Ipv4Udp(0));
    }

    private static void On(int cpu, Action action)
    {
        using PinnedThread thread = new(cpu);
        thread.Run(action);
    }
}
