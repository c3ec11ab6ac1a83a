using System.Net;
using System.Net.Sockets;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Survey;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Survey;

/// <summary>Whole surveys in the real kernel: busy hosts, idle ones, and those whose interface goes away.</summary>
public sealed class SurveyorTests : IDisposable
{
    private readonly NetworkNamespace host = new();
    private readonly NetworkNamespace network = new();

    public SurveyorTests() => NetworkNamespace.Connect(host, network);

    public void Dispose()
    {
        host.Dispose();
        network.Dispose();
    }

    [Fact]
    public void WhatLeavesIsReported()
    {
        using Socket sender = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        SurveyReport report = Run(Options(seconds: 1), progress =>
        {
            for (int sent = 0; sent < 20; sent++)
                sender.SendTo(new byte[400 + (sent * 50)], new IPEndPoint(IPAddress.Parse("10.77.0.2"), 7001));
        });
        Assert.Equal(SurveyEnd.Completed, report.Ended);
        Assert.InRange(report.DurationSeconds, 1, 20);
        TallyReport udp = report.Carriers.ByProtocol.Single(tally => tally.Name == "UDP");
        Assert.Equal((udp.Packets, udp.Packets), (udp.Frames, udp.Carriers));
        Assert.True(udp.Carriers >= 20);
        Assert.Equal(report.Carriers.Count, report.Gaps.Host.Count + 1);
        Assert.Equal(report.Carriers.Count, report.Gaps.Cpus.Aggregate(0ul, (sum, cpu) => sum + cpu.Carriers));
        Assert.Equal(report.Packets.Count, report.Carriers.Count + report.Refusals.Aggregate(0ul, (sum, refusal) => sum + refusal.Packets));
        Assert.Equal(report.Packets.Count, report.Carriers.ByCgroup.Aggregate(0ul, (sum, tally) => sum + tally.Packets));
        Assert.Equal([100, 1000], report.Estimates.Select(estimate => estimate.Metrics));
        Assert.All(report.Estimates, estimate => Assert.True(estimate.CarriersAlone.RecordsPerSecond > 0 && estimate.CarriersAlone.Age.P99 > 0));
        Assert.All(report.Estimates, estimate => Assert.Equal(101, estimate.CarriersAlone.Ages.Count));
        Assert.Equal(0ul, report.Carriers.Untraced);
    }

    [Fact]
    public void AnIdleHostIsReportedAsOne()
    {
        host.Command("sysctl", "-qw net.ipv6.conf.all.disable_ipv6=1");
        SurveyReport report = Run(Options(seconds: 1), _ => { });
        Assert.Equal((0ul, 0ul, 0ul), (report.Packets.Count, report.Frames.Count, report.Carriers.Count));
        Assert.Equal((0, 0, 0), (report.Packets.MeanBytes, report.Carriers.ShareOfPackets, report.Carriers.ShareOfFrames));
        Assert.Empty(report.Gaps.Cpus);
        Assert.Null(report.Gaps.Host.P50);
        Assert.Null(report.Estimates[0].CarriersAlone.Age.Max);
        Assert.True(report.Estimates[0].WithHeartbeats!.HeartbeatsPerSecond > 0);
        Assert.DoesNotContain("NaN", ReportJson.Write(report));
    }

    [Fact]
    public void AnInterfaceThatGoesAwayEndsIt()
    {
        SurveyReport report = Run(Options(seconds: 60), progress =>
        {
            if (progress.Elapsed > TimeSpan.FromMilliseconds(200) && TestLibc.HasInterface("wire"))
                host.Command("ip", "link del wire");
        });
        Assert.Equal(SurveyEnd.InterfaceGone, report.Ended);
        Assert.InRange(report.DurationSeconds, 0.2, 30);
        Assert.Equal(60, report.PlannedSeconds);
    }

    [Fact]
    public void WhoStopsItGetsWhatWasSeen()
    {
        using CancellationTokenSource stop = new();
        SurveyReport report = Run(Options(seconds: 60), progress => stop.Cancel(), stop.Token);
        Assert.Equal(SurveyEnd.Interrupted, report.Ended);
        Assert.InRange(report.DurationSeconds, 0, 30);
    }

    [Fact]
    public void PacketsBelongToTheCgroupOfTheirSocket()
    {
        using TestCgroup cgroup = new();
        bool isDone = false;
        SurveyReport report = Run(Options(seconds: 1), progress =>
        {
            if (!isDone)
                host.Command("sh", $"-c \"echo 0 > {cgroup.Path}/cgroup.procs && exec ping -c 3 -i 0.002 10.77.0.2\"");
            isDone = true;
        });
        TallyReport tally = report.Carriers.ByCgroup.Single(tally => tally.Name == $"/{Path.GetFileName(cgroup.Path)}");
        Assert.Equal((3ul, 3ul, 3ul), (tally.Packets, tally.Frames, tally.Carriers));
    }

    [Fact]
    public void ASecondSurveyOfAnInterfaceIsRefused() => host.Run(() =>
    {
        using Surveyor first = new(Options(seconds: 1));
        OperatorException exception = Assert.Throws<OperatorException>(() => new Surveyor(Options(seconds: 1)));
        Assert.Equal((ExitCode.Unavailable, "another opptel-host survey is on wire; wait for its end"), (exception.ExitCode, exception.Message));
    });

    [Fact]
    public void WhatCannotBeCountedIsNamed() => host.Run(() =>
    {
        Assert.Contains(
            "there is no network interface nowhere0 here; there are: ",
            Assert.Throws<OperatorException>(() => new Surveyor(Options(seconds: 1) with { Interface = "nowhere0" })).Message);
        Assert.Contains("lo is no Ethernet interface", Assert.Throws<OperatorException>(() => new Surveyor(Options(seconds: 1) with { Interface = "lo" })).Message);
        Assert.Contains(
            "/nowhere/survey.bpf.o is missing", Assert.Throws<BpfException>(() => new Surveyor(Options(seconds: 1) with { BpfDirectory = "/nowhere" })).Message);
        // Nothing of the failures keeps the next one from its work.
        using Surveyor surveyor = new(Options(seconds: 1));
    });

    [Fact]
    public void TheLayoutsAgreeWithTheObject()
    {
        using BpfObject bpf = BpfObject.Open(Path.Combine(SurveyFixture.Directory, "survey.bpf.o"));
        Assert.Empty(LayoutCheck.FindSurveyDifferences(bpf.Btf()));
    }

    private SurveyReport Run(SurveyOptions options, Action<SurveyProgress> progress, CancellationToken stop = default) => host.Get(() =>
    {
        using Surveyor surveyor = new(options);
        return surveyor.Run(progress, stop);
    });

    private static SurveyOptions Options(int seconds) => new()
    {
        Interface = "wire",
        Duration = TimeSpan.FromSeconds(seconds),
        Metrics = [100, 1000],
        Budget = new TrailerBudget(512, 16),
        MinGap = TimeSpan.Zero,
        MaxAge = TimeSpan.FromMilliseconds(100),
        Attach = AttachMode.Auto,
        BpfDirectory = SurveyFixture.Directory,
    };
}
