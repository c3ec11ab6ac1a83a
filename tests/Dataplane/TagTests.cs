using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests;

/// <summary>The real program where tags are required: what it takes, what it leaves as it is, and while its key file changes.</summary>
public sealed class TagTests : IDisposable
{
    private const ulong HostInstance = 4711;
    private const int OldValues = 2, NewValues = 5;

    private const string Yaml = """
        memory: 128MiB
        hugepages: none
        polling: adaptive
        pairs:
          - require_tags: true
            key_file: $key
            host: { driver: vdev, arguments: "net_pcap0,rx_pcap=$host.pcap,tx_pcap=$to_host.pcap,infinite_rx=1" }
            network: { driver: vdev, arguments: "net_null0,no-rx=1" }
        segment: { path: $segment }
        """;

    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(5);
    private readonly byte[] oldKey = new byte[SecretKey.Size], newKey = new byte[SecretKey.Size];

    public void Dispose() => directory.Dispose();

    [Fact]
    public void OnlyTrailersWithTheTagOfAKeyInForceAreTakenAndTheRestStays()
    {
        random.NextBytes(oldKey);
        random.NextBytes(newKey);
        SecretKey old = new(oldKey), next = new(newKey);
        // Tagged by both keys, and not at all, by another host daemon, with the flag alone.
        Capture.Write(directory["host.pcap"],
        [
            Stamp(OldValues, old.TrailerKey(HostInstance)), Stamp(NewValues, next.TrailerKey(HostInstance)),
            Stamp(1, null), Stamp(1, old.TrailerKey(HostInstance + 1)), Stamp(1, next.TrailerKey(0)),
        ]);
        WriteKeys(oldKey);
        using (DataplaneProcess dataplane = DataplaneProcess.Start(directory, Yaml))
        {
            Assert.Equal(1u, dataplane.Segment.Port(0).RequiresTags);
            dataplane.WaitUntil(() => dataplane.Rejected(0, StripReason.BadTag) > 1000, "trailers of nobody");
            Assert.Equal(0ul, dataplane.Counter(0, PortCounter.Carriers));

            Name(ref dataplane.Segment.Port(0).Host);
            Expect(dataplane, "the old key", takesOld: true, takesNew: false);
            WriteKeys(oldKey, newKey);
            Expect(dataplane, "both keys", takesOld: true, takesNew: true);
            WriteKeys(newKey, oldKey);
            Expect(dataplane, "both keys still", takesOld: true, takesNew: true);
            File.WriteAllText(directory["key"], "rubbish");
            // A beacon each 100 ms, a look each 500 ms.
            ulong sent = dataplane.Segment.Port(0).BeaconsSent;
            dataplane.WaitUntil(() => Volatile.Read(ref dataplane.Segment.Port(0).BeaconsSent) > sent + 12, "a look at the file");
            Expect(dataplane, "both keys, as the file is bad", takesOld: true, takesNew: true);
            WriteKeys(newKey);
            Expect(dataplane, "the new key", takesOld: false, takesNew: true);
            Assert.Equal(0ul, dataplane.Counter(WorkerCounter.AllocatedBytes));
            dataplane.Terminate();
            Assert.DoesNotContain(Convert.ToHexStringLower(newKey), dataplane.Errors, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(next.Fingerprint, dataplane.Errors, StringComparison.Ordinal);
            Assert.Contains("the keys stay as they were", dataplane.Errors, StringComparison.Ordinal);
        }

        ControlKey both = ControlKey.FromKeys([old, next]);
        foreach (byte[] frame in Capture.Read(directory["to_host.pcap"]))
        {
            Assert.True(both.Verify(frame.AsSpan(14)));
            Assert.True(Beacon.TryRead(frame.AsSpan(14 + ControlHeader.Size), out Beacon beacon));
            Assert.Equal(BeaconFlags.Tags, beacon.Flags);
        }
    }

    [Theory]
    [InlineData("require_tags: true", "pairs[0].require_tags: tags need a key")]
    [InlineData("key_file: /nonexistent", "cannot read the key file /nonexistent")]
    public void WhatCannotWorkIsSaid(string line, string message)
    {
        (int code, string errors) = DataplaneProcess.Fail(directory, Yaml.Replace("require_tags: true\n    key_file: $key", line, StringComparison.Ordinal));
        Assert.Equal(78, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    /// <summary>Waits until trailers of exactly these kinds are taken: they are told apart by their lengths.</summary>
    private static void Expect(DataplaneProcess dataplane, string what, bool takesOld, bool takesNew)
    {
        int old = TrailerWriter.Size(OldValues, 0, 0, TrailerFlags.Tag), next = TrailerWriter.Size(NewValues, 0, 0, TrailerFlags.Tag);
        double mean = takesOld && takesNew ? (old + next) / 2.0 : takesOld ? old : next;
        dataplane.WaitUntil(() =>
        {
            (ulong carriers, ulong bytes) = (dataplane.Counter(0, PortCounter.Carriers), dataplane.Counter(0, PortCounter.TrailerBytes));
            Thread.Sleep(50);
            double taken = dataplane.Counter(0, PortCounter.Carriers) - carriers;
            return taken > 100 && Math.Abs(((dataplane.Counter(0, PortCounter.TrailerBytes) - bytes) / taken) - mean) < 2;
        }, what);
    }

    private byte[] Stamp(int values, TrailerKey? key)
    {
        byte[] trailer = new byte[TrailerWriter.Size(values, 0, 0, TrailerFlags.Tag)];
        Footer footer = Footer.Create(1, 0, 1, 1, (byte)values, 0, TrailerFlags.Tag, 0);
        TrailerWriter.Write(trailer, footer, new ValueRecord[values], []);
        if (key is { } tag)
            TrailerTag.Sign(trailer, tag);
        return [.. Frames.Ipv4(100, random), .. trailer];
    }

    /// <summary>By a rename, as the program that makes keys does.</summary>
    private void WriteKeys(params byte[][] keys)
    {
        File.WriteAllLines(directory["key.new"], keys.Select(Convert.ToHexString));
        File.SetUnixFileMode(directory["key.new"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(directory["key.new"], directory["key"], overwrite: true);
    }

    private static void Name(ref HostView host)
    {
        SequenceLock.BeginWrite(ref host.Sequence);
        host.HostInstance = HostInstance;
        SequenceLock.EndWrite(ref host.Sequence);
    }
}
