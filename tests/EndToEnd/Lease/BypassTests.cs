using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Traffic;
using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Lease;

/// <summary>Whatever becomes of the dataplane, packets pass between its ports, without trailers.</summary>
public sealed class BypassTests
{
    private const int Connections = 4;

    /// <summary>A retransmission or two of TCP on a slow day; figures are measured by <see cref="HowLongIsTheGap"/>.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("af_xdp")]
    [InlineData("af_packet")]
    public void ConnectionsSurviveEveryEndAndStartOfTheDataplane(string driver)
    {
        using Testbed testbed = new(driver);
        (RunningProgram dataplane, _, _) = testbed.StartAll();
        TcpConversation[] conversations = [.. Enumerable.Range(0, Connections).Select(_ => new TcpConversation(testbed))];
        try
        {
            GoOn(testbed, conversations);
            for (int round = 0; round < 3; round++)
            {
                dataplane.Kill();
                GoOn(testbed, conversations);
                dataplane = testbed.StartDataplane();
                GoOn(testbed, conversations);
                ExpectRecords(testbed);
            }

            dataplane.Terminate();
            GoOn(testbed, conversations);
            _ = testbed.StartDataplane();
            ExpectRecords(testbed);
            GoOn(testbed, conversations);
        }
        finally
        {
            Array.ForEach(conversations, conversation => conversation.Dispose());
        }

        string counts = Bypass(testbed);
        Assert.DoesNotContain("no bypass", counts, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("af_xdp")]
    [InlineData("af_packet")]
    public void NoTrailerAndNoControlFrameReachesTheNetworkAndNothingComesTwice(string driver)
    {
        using Testbed testbed = new(driver);
        // It outlasts the end of a process that takes its time.
        File.AppendAllText(testbed["dataplane.yaml"], "lease: 3s\n");
        File.AppendAllText(testbed["host.yaml"], "max_lease: 3s\n");
        (RunningProgram dataplane, _, _) = testbed.StartAll();
        using SteadySender sender = new(testbed);
        using PacketTap leaving = new(testbed.Host, "eth0");
        using PacketTap arriving = new(testbed.Network, "eth0");
        testbed.WaitFor("trailers", () => leaving.Count(frame => frame.Outgoing && frame.TrailerLength > 0) > 100);
        dataplane.Kill();
        ulong killed = Boottime.Now;
        testbed.WaitFor("packets by the bypass", () => arriving.Count(frame => !frame.Outgoing && frame.Seen > killed + 500_000_000) > 100);
        Assert.True(leaving.Count(frame => frame.Outgoing && frame.Stamped > killed) > 0, "nothing was stamped behind the end: the bypass had nothing to take off");
        Assert.Equal(0, arriving.Count(frame => !frame.Outgoing && (frame.TrailerLength > 0 || frame.IsControl)));
        string trimmed = Bypass(testbed).Split('\n').Single(line => line.StartsWith("dpu0", StringComparison.Ordinal));
        Assert.DoesNotContain(" 0 of them lost a trailer", trimmed, StringComparison.Ordinal);
        ulong started = Boottime.Now;
        _ = testbed.StartDataplane();
        ExpectRecords(testbed);
        testbed.WaitFor("packets by the dataplane", () => arriving.Count(frame => !frame.Outgoing && frame.Seen > started + 500_000_000) > 300);
        // The sender's datagrams are all alike but for their IP identification.
        var identified = arriving.Frames.Where(frame => !frame.Outgoing && frame.Bytes.Length == 142).GroupBy(frame => (frame.Bytes[18] << 8) | frame.Bytes[19]);
        Assert.DoesNotContain(identified, group => group.Count() > 1);
    }

    [Fact]
    public void APairThatWantsNoneLosesTheOneItHad()
    {
        using Testbed testbed = new("af_packet");
        RunningProgram dataplane = testbed.StartDataplane();
        ExpectForwarding(testbed, dataplane);
        CommandResult refused = testbed.Run("dpu", Repository.Program("opptel-dataplane"), "bypass", "--config", testbed["dataplane.yaml"], "--attach");
        Assert.Equal(69, refused.Code);
        Assert.Contains("belongs to another dataplane that is running", refused.Errors, StringComparison.Ordinal);
        dataplane.Kill();
        string yaml = File.ReadAllText(testbed["dataplane.yaml"]);
        File.WriteAllText(testbed["dataplane.yaml"], yaml.Replace("  - name: pair0", "  - name: pair0\n    bypass: false", StringComparison.Ordinal));
        RunningProgram without = testbed.StartDataplane();
        ExpectForwarding(testbed, without);
        Assert.Contains("dpu0: removed the bypass of a pair that is no more", without.Log, StringComparison.Ordinal);
        Assert.Equal("dpu0: no bypass\ndpu1: no bypass", Bypass(testbed));
    }

    [Fact]
    public void AnOperatorOpensAndClosesItWithoutADataplane()
    {
        using Testbed testbed = new();
        using PacketTap arriving = new(testbed.Network, "eth0");
        using SteadySender sender = new(testbed);
        Assert.Equal("dpu0: no bypass\ndpu1: no bypass", Bypass(testbed));
        Assert.Equal(0, arriving.Count(frame => !frame.Outgoing));
        _ = Bypass(testbed, "--attach");
        testbed.WaitFor("packets by the bypass", () => arriving.Count(frame => !frame.Outgoing) > 100);
        Assert.Matches("dpu0: [1-9][0-9]* packets passed, 0 of them lost a trailer, 0 control frames dropped", Bypass(testbed));
        Assert.Equal("dpu0: no bypass\ndpu1: no bypass", Bypass(testbed, "--remove"));
        Assert.Equal("", testbed.Run("dpu", "tc", "qdisc", "show", "dev", "dpu0", "clsact").Expect().Trim());
    }

    [Theory(Explicit = true)]
    [InlineData("af_xdp", "KILL")]
    [InlineData("af_xdp", "TERM")]
    [InlineData("af_packet", "KILL")]
    [InlineData("af_packet", "TERM")]
    public void HowLongIsTheGap(string driver, string signal)
    {
        using Testbed testbed = new(driver);
        (RunningProgram dataplane, _, _) = testbed.StartAll();
        using SteadySender sender = new(testbed);
        using PacketTap arriving = new(testbed.Network, "eth0");
        List<double> ends = [], starts = [];
        for (int round = 0; round < 5; round++)
        {
            ulong before = Boottime.Now;
            dataplane.Signal(signal);
            _ = dataplane.WaitForExit();
            Thread.Sleep(500);
            ends.Add(LongestGap(arriving, before));
            before = Boottime.Now;
            dataplane = testbed.StartDataplane();
            ExpectRecords(testbed);
            Thread.Sleep(500);
            starts.Add(LongestGap(arriving, before));
        }

        Console.WriteLine($"{driver} SIG{signal}: longest gap between datagrams of a millisecond each, ms: end {string.Join(" ", ends.Order().Select(gap => gap.ToString("F1")))}; start {string.Join(" ", starts.Order().Select(gap => gap.ToString("F1")))}");
    }

    private static double LongestGap(PacketTap tap, ulong since)
    {
        ulong[] times = [.. tap.Frames.Where(frame => !frame.Outgoing && frame.Bytes.Length == 142 && frame.Seen > since).Select(frame => frame.Seen)];
        return times.Zip(times.Skip(1), (left, right) => (right - left) / 1e6).Prepend((times[0] - since) / 1e6).Max();
    }

    private static string Bypass(Testbed testbed, params string[] options) =>
        testbed.Run("dpu", [Repository.Program("opptel-dataplane"), "bypass", "--config", testbed["dataplane.yaml"], .. options]).Expect().Trim();

    private static void ExpectForwarding(Testbed testbed, RunningProgram dataplane) =>
        testbed.WaitFor("a dataplane that forwards", () => dataplane.Log.Contains("forwarding with", StringComparison.Ordinal));

    private static void ExpectRecords(Testbed testbed)
    {
        double before = testbed.DpuMetrics().Sum("opptel_records_total");
        testbed.WaitFor("more records", () => testbed.DpuMetrics().Sum("opptel_records_total") > before);
    }

    /// <summary>Each conversation returns more bytes, all of them right.</summary>
    private static void GoOn(Testbed testbed, TcpConversation[] conversations)
    {
        long[] before = [.. conversations.Select(conversation => conversation.Returned)];
        testbed.WaitFor("answers", () => conversations.Zip(before).All(pair => pair.First.Failure is not null || pair.First.Returned > pair.Second + 10_000));
        foreach (TcpConversation conversation in conversations)
        {
            Assert.Null(conversation.Failure);
            Assert.InRange(conversation.LongestSilence, TimeSpan.Zero, Patience);
        }
    }
}
