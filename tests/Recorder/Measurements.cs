using System.Diagnostics;
using OppTel.Aggregator.Tests;
using OppTel.Capture;
using OppTel.Recorder.Queries;
using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Recorder.Tests;

/// <summary>
/// What recording costs. <c>OPPTEL_CAPTURE</c> names a capture of what a host sent since its daemon started, such as
/// <c>tcpdump -i eth0 -w FILE</c> in the testbed's host.
/// </summary>
public class Measurements(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void BytesAndTimeOfRealRecords()
    {
        string? path = Environment.GetEnvironmentVariable("OPPTEL_CAPTURE");
        Assert.SkipWhen(path is null, "OPPTEL_CAPTURE names no capture");
        ControlKey key = Environment.GetEnvironmentVariable("OPPTEL_KEY") is { } file
            ? ControlKey.FromBytes(Convert.FromHexString(File.ReadAllText(file).Trim())) : ControlKey.Public;
        using TestHistory test = new(512L << 20, ulong.MaxValue / 2, key: key);
        Stopwatch storing = new();
        ulong records = 0;
        using (CaptureReader reader = CaptureReader.Open(path))
        {
            while (reader.TryRead(out _, out ReadOnlySpan<byte> frame))
            {
                bool isCarrier = Trailer.Inspect(frame, out int length) == StripReason.Stripped;
                ulong time = isCarrier ? Footer.Read(frame).Time : test.Now;
                if (ControlFrame.IsOurs(frame))
                    test.Receiver.TakeControl(0, frame[..^length], time);
                if (isCarrier)
                    test.Receiver.TakeTrailer(0, frame[^length..], time);
                records += isCarrier ? (ulong)(Footer.Read(frame).Values + Footer.Read(frame).Samples) : 0;
                test.Now = Math.Max(test.Now, time);
                storing.Start();
                test.Store();
                storing.Stop();
            }
        }

        HistoryState state = test.History.State;
        Assert.True(state.StoredRecords > records / 2, $"{state.StoredRecords} of {records} records stored: is it the whole capture, and its key?");
        output.WriteLine($"{state.StoredRecords} records in {state.Blocks} blocks, {(double)state.StoredBytes / state.StoredRecords:0.000} bytes/record, stored with {storing.Elapsed.TotalNanoseconds / state.StoredRecords:0.0} ns/record");
        using HistoryReader query = test.Read();
        SeriesSelection all = new([.. test.History.Series]);
        foreach (int round in Enumerable.Range(0, 3))
        {
            Stopwatch watch = Stopwatch.StartNew();
            Counter counter = new();
            query.Scan(all, long.MinValue, long.MaxValue, counter);
            output.WriteLine($"{counter.Records} records scanned in {watch.Elapsed.TotalMilliseconds:0} ms, {watch.Elapsed.TotalNanoseconds / counter.Records:0.0} ns/record");
            SeriesSelection one = new([test.History.Series.First(series => series.Family.Name.Contains("cpu_time", StringComparison.Ordinal))]);
            watch.Restart();
            counter = new();
            query.Scan(one, long.MinValue, long.MaxValue, counter);
            output.WriteLine($"{counter.Records} records of one series scanned in {watch.Elapsed.TotalMilliseconds:0} ms");
        }
    }

    [Fact(Explicit = true)]
    public void TimeToTakeATrailerOfEightValues()
    {
        const int Trailers = 1_000_000, Batch = 10_000;
        using TestHistory test = new(512L << 20, ulong.MaxValue / 2);
        RandomTraffic traffic = new(test);
        traffic.Start();
        test.Receiver.Publish();
        TestHost host = new(7);
        byte[][] trailers = [.. Enumerable.Range(0, Batch).Select(number => host.Trailer(
            0, 3, test.Now + (ulong)number, [.. Enumerable.Range(0, 8).Select(value => new ValueRecord((ushort)(value % 6), (ulong)(number * value)))]))];
        HostReceiver alpha = test.Receiver.Hosts[0];
        (Stopwatch whole, Stopwatch taking) = (new Stopwatch(), new Stopwatch());
        TakenRecord[] records = [.. Enumerable.Range(0, 8).Select(_ => new TakenRecord(test.Receiver.Series.Snapshot[0], 5, 1000, false))];
        for (int done = 0; done < Trailers; done += Batch)
        {
            whole.Start();
            foreach (byte[] trailer in trailers)
                test.Receiver.TakeTrailer(0, trailer, test.Now++);
            whole.Stop();
            test.Store();
            taking.Start();
            for (int number = 0; number < Batch; number++)
                test.History.Take(new TakenTrailer(alpha, 0, 1000, 0, test.Now), records);
            taking.Stop();
            test.Store();
        }

        output.WriteLine($"{whole.Elapsed.TotalNanoseconds / Trailers:0} ns for a trailer of 8 values, of which recording {taking.Elapsed.TotalNanoseconds / Trailers:0} ns");
        Assert.Equal(0ul, test.History.NotKept);
    }

    private sealed class Counter : IRecordConsumer
    {
        public long Records { get; private set; }

        public void Take(int series, ReadOnlySpan<ScannedRecord> records) => Records += records.Length;
    }
}
