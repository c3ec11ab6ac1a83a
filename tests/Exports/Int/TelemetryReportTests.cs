using System.Net;
using System.Net.Sockets;
using CsCheck;
using OppTel.Exports.Int;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Exports.Tests.Int;

public class TelemetryReportTests
{
    private static readonly Gen<StreamReport> AnyReport = Gen.Select(
        Gen.UShort, Gen.ULong.Nullable(), Gen.ULong.Nullable(), Gen.ULong, Gen.ULong, Gen.ULong, Gen.Bool,
        (stream, latency, queue, arrival, received, lost, isNew) => new StreamReport(stream, latency, queue, arrival, received, lost, isNew));

    [Fact]
    public void ADatagramIsWhatTheSpecificationSays() =>
        Gen.Select(AnyReport.Array[0, TelemetryReportWriter.MaxReports], Gen.UInt, Gen.UShort, Gen.Int[0, 1000], Gen.UInt).Sample((reports, node, domain, hardware, sequence) =>
        {
            byte[] datagram = new byte[TelemetryReportWriter.MaxDatagram];
            int length = new TelemetryReportWriter(node, domain).Write(datagram, hardware, sequence, reports);
            var read = ReportReader.Read(datagram.AsSpan(0, length));
            Assert.Equal((2, hardware % 64, sequence % (1 << 22), node, reports.Length), (read.Version, read.Hardware, read.Sequence, read.Node, read.Reports.Count));
            for (int index = 0; index < reports.Length; index++)
                AssertSame(reports[index], read.Reports[index], domain);
        }, iter: 300);

    [Fact]
    public async Task EachStreamOfEachHostIsReported()
    {
        using UdpClient collector = new(new IPEndPoint(IPAddress.Loopback, 0));
        await using Bed bed = new($"telemetry_report: [{{address: '{collector.Client.LocalEndPoint}', node_id: 7, domain_id: 9, interval: 50ms}}]");
        bed.Receiver.SetPorts(["host0"], 1);
        bed.Receiver.TakeTrailer(0, Trailer(stream: 3, sequence: 1), 1_000_000);
        bed.Receiver.TakeTrailer(0, Trailer(stream: 3, sequence: 2), 2_000_000);
        bed.Receiver.Publish();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        uint? last = null;
        for (int count = 0; count < 3; count++)
        {
            var read = ReportReader.Read((await collector.ReceiveAsync(limit.Token)).Buffer);
            ReadReport report = Assert.Single(read.Reports);
            Assert.Equal((7u, 0, last + 1 ?? read.Sequence), (read.Node, read.Hardware, read.Sequence));
            Assert.Equal((1234ul, false), (report.Metadata[2], report.IsDropped));
            Assert.Equal([2, 0], report.Own);
            last = read.Sequence;
        }

        // What is received may not be counted yet.
        Assert.True(SpinWait.SpinUntil(() => bed.Counters.Sent >= 3, TimeSpan.FromSeconds(30)));
        Assert.Equal(("telemetry_report", 0L), (bed.Counters.Kind, bed.Counters.Dropped));
    }

    [Fact]
    public async Task ARoundThatFailsIsToldAndTheNextOneIsSent()
    {
        using UdpClient collector = new(new IPEndPoint(IPAddress.Loopback, 0));
        int rounds = 0;
        await using Bed bed = new(
            $"telemetry_report: [{{address: '{collector.Client.LocalEndPoint}', node_id: 7, interval: 50ms}}]",
            medianAge: _ => ++rounds == 1 ? throw new InvalidOperationException("odd") : 1234ul);
        bed.Receiver.SetPorts(["host0"], 1);
        bed.Receiver.TakeTrailer(0, Trailer(stream: 3, sequence: 1), 1_000_000);
        bed.Receiver.Publish();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        Assert.Single(ReportReader.Read((await collector.ReceiveAsync(limit.Token)).Buffer).Reports);
        Assert.Equal(1, bed.Counters.Failures);
        Assert.Contains(bed.Log.Lines, line => line.Contains("cannot report", StringComparison.Ordinal) && line.Contains("odd", StringComparison.Ordinal));
    }

    [Fact]
    public void ALossIsToldOnce()
    {
        Receiver receiver = new(new SeriesTable(100, 1, new HashSet<string>()), new CatalogLimits(), ControlKey.Public);
        receiver.SetPorts(["host0"], 1);
        StreamReportSource source = new(receiver, _ => null, () => 1);
        List<bool> told = [];
        // What is missing counts as lost once 64 later ones are there.
        foreach (uint sequence in new uint[] { 1, 2, 200, 200 })
        {
            receiver.TakeTrailer(0, Trailer(0, sequence), 1);
            receiver.Publish();
            told.Add(source.Take()[0][0].HasNewLoss);
        }

        Assert.Equal([false, false, true, false], told);
    }

    private static byte[] Trailer(ushort stream, uint sequence)
    {
        byte[] trailer = new byte[TrailerWriter.Size(0, 0, 0, TrailerFlags.None)];
        TrailerWriter.Write(trailer, Footer.Create(1, stream, sequence, 1, 0, 0, TrailerFlags.None, 0), [], []);
        return trailer;
    }

    private static void AssertSame(in StreamReport written, ReadReport read, ushort domain)
    {
        Assert.Equal((1, 0, written.HasNewLoss, false, domain), (read.Type, read.InType, read.IsDropped, read.IsQueued, read.Domain));
        Dictionary<int, ulong> expected = new() { [4] = written.Arrival };
        // The largest number means: not known.
        if (written.HopLatency is { } latency)
            expected[2] = Math.Min(latency, uint.MaxValue - 1);
        if (written.QueueLength is { } queue)
            expected[3] = ((ulong)(byte)written.Stream << 24) | Math.Min(queue, 0xfffffe);
        Assert.Equal(expected, read.Metadata);
        Assert.Equal(domain == 0 ? [] : [(uint)written.Received, (uint)written.Lost], read.Own);
    }
}
