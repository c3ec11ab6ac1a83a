using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Faults.Tests.Scenes;
using OppTel.Faults.Tests.Traffic;

namespace OppTel.Faults.Tests;

/// <summary>Ten hosts on one DPU do not notice each other, whatever becomes of one of them.</summary>
public sealed class RackTests : IDisposable
{
    private readonly Rack rack = new();
    private readonly List<DatagramStream> datagrams = [];
    private readonly List<BulkTransfer> bulk = [];
    private int level;

    public void Dispose()
    {
        datagrams.ForEach(stream => stream.Dispose());
        bulk.ForEach(transfer => transfer.Dispose());
        rack.Dispose();
    }

    [Fact]
    public void EachHasItsOwnTruth()
    {
        RunningProgram dataplane = rack.StartDataplane();
        _ = rack.StartAggregator();
        RunningProgram[] hosts = [.. Enumerable.Range(0, Rack.Hosts).Select(rack.StartHost)];
        ExpectTruth();
        for (int number = 0; number < Rack.Hosts; number++)
        {
            datagrams.Add(new DatagramStream(rack.Host(number), rack.Network, Rack.NetworkAddress(number), pause: 5));
            bulk.Add(new BulkTransfer(rack.Host(number), Rack.Address(number), rack.Network));
        }

        ExpectTruth();
        hosts[3].Kill();
        hosts[3] = rack.StartHost(3);
        hosts[7].Signal("STOP");
        Thread.Sleep(1000);
        hosts[7].Signal("CONT");
        ExpectTruth();
        datagrams.ForEach(stream => stream.Pause());
        Thread.Sleep(200);
        Assert.Equal(0, datagrams.Sum(stream => stream.Sent - stream.Arrived));
        Exposition page = rack.Metrics();
        Assert.Equal(0, page.Sum("opptel_stream_trailers_lost_total") + page.Sum("opptel_stream_trailers_missing") + page.Sum("opptel_stream_trailers_duplicate_total"));
        Assert.Equal(0, page.Sum("opptel_records_undecodable_total"));

        dataplane.Kill();
        _ = rack.StartDataplane();
        ExpectTruth();
        bulk.ForEach(transfer => transfer.AssertGoesOn());
        datagrams.ForEach(stream => stream.AssertGoesOn());
    }

    /// <summary>Each host is told another value; each comes to be shown, and no other.</summary>
    private void ExpectTruth()
    {
        Poll.Until("all daemons", () => rack.Metrics().Text.Split("host=\"rack-").Select(text => text[0]).Distinct().Count() > Rack.Hosts, rack.Logs);
        level++;
        for (int number = 0; number < Rack.Hosts; number++)
            rack.Tell(number, (100 * level) + number);
        Poll.Until(
            "the truth about all hosts",
            () => rack.Metrics() is var page && Enumerable.Range(0, Rack.Hosts).All(number => page.Sum("rack_level", ("host", $"rack-{number}")) == (100 * level) + number),
            rack.Logs);
        long[] before = [.. bulk.Select(transfer => transfer.Received)];
        Poll.Until("bulk data of all hosts", () => bulk.Zip(before).All(pair => pair.First.Received > pair.Second + 50_000), rack.Logs);
    }
}
