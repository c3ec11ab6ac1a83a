using System.Diagnostics;
using OppTel.Configuration;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests;

/// <summary>Only carriers take the way through the cores; on devices whose switch takes no rules, start is refused.</summary>
public sealed class SteeringTests : IDisposable
{
    private const string Yaml = """
        memory: 128MiB
        hugepages: none
        pairs:
          - host: { driver: vdev, arguments: "net_pcap0,rx_pcap=$host.pcap,tx_pcap=$to_host.pcap" }
            network: { driver: vdev, arguments: "net_pcap1,rx_pcap=$network.pcap,tx_pcap=$to_network.pcap" }
            steering: { host_mac: "02:11:22:33:44:55" }
        segment: { path: $segment, ring: 16MiB }
        """;

    private const int Host = 0;
    private const int Network = 1;
    private static readonly byte[] Own = [0x02, 0x11, 0x22, 0x33, 0x44, 0x55], Marked = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55];
    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(77);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void WhatCarriesNothingNeverReachesAWorker()
    {
        List<byte[]> sent = [], inHardware = [], throughCores = [], trailers = [];
        for (int number = 0; number < 5_000; number++)
            AddFrame(sent, inHardware, throughCores, trailers);
        // The last one is for the worker: when it has that, all have passed.
        throughCores.Add(Frames.Ipv4(100, random));
        sent.Add(throughCores[^1]);
        List<byte[]> down = [.. Enumerable.Range(0, 1_000).Select(_ => Frames.Any(random))];
        using DataplaneProcess dataplane = Run(sent, [.. down, Frames.Control(ControlKind.Beacon, 48, random)]);
        dataplane.WaitUntil(() => dataplane.Counter(Host, PortCounter.RxPackets) == (ulong)throughCores.Count, $"{throughCores.Count} packets");
        dataplane.WaitUntil(() => dataplane.Segment.Port(Host).BeaconsSent > 0, "a beacon");
        dataplane.Terminate();

        HashSet<string> isInHardware = [.. inHardware.Select(Convert.ToHexString)];
        List<byte[]> left = Capture.Read(directory["to_network.pcap"]);
        Assert.Equal(inHardware, left.Where(frame => isInHardware.Contains(Convert.ToHexString(frame))));
        Assert.Equal(throughCores, left.Where(frame => !isInHardware.Contains(Convert.ToHexString(frame))));
        Assert.Equal(trailers, Drain(dataplane));
        Assert.Equal(((ulong)trailers.Count, 0ul), (dataplane.Counter(Host, PortCounter.Carriers), dataplane.Counter(Network, PortCounter.RxPackets)));
        List<byte[]> toHost = Capture.Read(directory["to_host.pcap"]);
        Assert.Equal(down, toHost.Where(frame => !frame.AsSpan().StartsWith(Frames.ControlGroup)));
        Assert.All(toHost.Where(frame => frame.AsSpan().StartsWith(Frames.ControlGroup)), frame =>
        {
            Assert.True(Beacon.TryRead(frame.AsSpan(14 + ControlHeader.Size), out Beacon beacon));
            Assert.Equal(BeaconFlags.Mark, beacon.Flags);
        });
        Assert.Contains("switch: 0 rules left", dataplane.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ControlFramesOfAnotherAddressAreDroppedAndToldOf()
    {
        byte[] own = Frames.Control(ControlKind.Heartbeat, 0, random), marked = [.. own], foreign = [.. own];
        Marked.CopyTo(marked, 6);
        using DataplaneProcess dataplane = Run([marked, foreign, marked], []);
        dataplane.WaitUntil(() => dataplane.Counter(Host, PortCounter.ControlForeign) == 1, "the stranger");
        Thread.Sleep(1_000);
        dataplane.Terminate();
        Assert.Equal(2ul, dataplane.Counter(Host, PortCounter.ControlFrames));
        Assert.Empty(Capture.Read(directory["to_network.pcap"]));
        Assert.Contains("pair0: control frames come from another address than steering.host_mac", dataplane.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("net_null0", "net_null1", "net_null")]
    [InlineData("net_ring0", "net_ring1", "net_ring")]
    public void ADeviceWhoseSwitchTakesNoRulesIsRefused(string host, string network, string driver)
    {
        string yaml = $$"""
            memory: 64MiB
            hugepages: none
            pairs:
              - host: { driver: vdev, arguments: "{{host}}" }
                network: { driver: vdev, arguments: "{{network}}" }
                steering: { host_mac: "02:11:22:33:44:55" }
            segment: { path: $segment }
            """;
        AssertRefused(yaml, network, driver);
    }

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public void AKernelPortIsRefused(string driver)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        using VethBed bed = new();
        string yaml = $$"""
            memory: 128MiB
            hugepages: none
            pairs:
              - host: { driver: {{driver}}, interface: dpu0 }
                network: { driver: {{driver}}, interface: dpu1 }
                steering: { host_mac: "02:11:22:33:44:55" }
            segment: { path: $segment }
            """;
        AssertRefused(yaml, "dpu1", $"net_{driver}", ["ip", "netns", "exec", bed.Dpu]);
    }

    [Theory]
    [InlineData("\"02:11:22:33:44:55\"", "\"03:11:22:33:44:55\"", "'03:11:22:33:44:55' is no address of an interface", "ip link")]
    [InlineData("\"02:11:22:33:44:55\"", "\"02:11:22\"", "'02:11:22' is no address of an interface", "six bytes")]
    [InlineData("\"02:11:22:33:44:55\"", "\"00:00:00:00:00:00\"", "is no address of an interface", "six bytes")]
    [InlineData("host_mac: ", "host_mc: ", "host_mc", "did you mean host_mac?")]
    [InlineData("steering: ", "bypass: true\n    steering: ", "knows no marks of steering", "leave this key out")]
    public void AWrongValueIsNamed(string good, string bad, string problem, string remedy)
    {
        (int code, string errors) = DataplaneProcess.Fail(directory, Yaml.Replace(good, bad, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Configuration, code);
        Assert.Contains(problem, errors, StringComparison.Ordinal);
        Assert.Contains(remedy, errors, StringComparison.Ordinal);
    }

    /// <summary>One frame of any sort, and the way that it has to take.</summary>
    private void AddFrame(List<byte[]> sent, List<byte[]> inHardware, List<byte[]> throughCores, List<byte[]> trailers)
    {
        byte[] frame = Frames.Ipv4(random.Next(60, 1300), random, random.Next(3));
        switch (random.Next(5))
        {
            case 0:
                Marked.CopyTo(frame, 6);
                sent.Add(Frames.Stamp(frame, random, out byte[] trailer));
                trailers.Add(trailer);
                byte[] restored = [.. frame];
                Own.CopyTo(restored, 6);
                throughCores.Add(restored);
                return;
            case 1:
                // Nobody's mark: somebody else's address that looks like one.
                Marked.CopyTo(frame, 6);
                throughCores.Add(frame);
                break;
            case 2:
                throughCores.Add(frame);
                break;
            case 3:
                // What a host stamps that has not heard of marks yet.
                Own.CopyTo(frame, 6);
                frame = Frames.Stamp(frame, random, out _);
                inHardware.Add(frame);
                break;
            default:
                Own.CopyTo(frame, 6);
                inHardware.Add(frame);
                break;
        }

        sent.Add(frame);
    }

    private void AssertRefused(string yaml, string port, string driver, string[]? through = null)
    {
        (int code, string errors) = DataplaneProcess.Fail(directory, yaml, through);
        Assert.True(code == ExitCode.Unavailable, $"exit code {code}: {errors}");
        Assert.Contains($"pairs[0].network: the device of '{port}' (driver {driver}) cannot drop control frames that {port} receives: ", errors, StringComparison.Ordinal);
        Assert.Contains("leave steering out: every frame then passes the cores", errors, StringComparison.Ordinal);
        Assert.True(errors.Trim().Split('\n').Length == 1, errors);
        Assert.Equal([directory["dataplane.yaml"]], Directory.GetFileSystemEntries(directory.Path));
    }

    private DataplaneProcess Run(IEnumerable<byte[]> fromHost, IEnumerable<byte[]> fromNetwork)
    {
        Capture.Write(directory["host.pcap"], fromHost);
        Capture.Write(directory["network.pcap"], fromNetwork);
        return DataplaneProcess.Start(directory, Yaml, environment: new Dictionary<string, string> { ["LD_PRELOAD"] = CompileSwitch() });
    }

    private string CompileSwitch()
    {
        string library = directory["SoftSwitch.so"], source = Path.Combine(AppContext.BaseDirectory, "SoftSwitch.c");
        using Process compiler = Process.Start("sh", ["-c", $"cc -O2 -Wall -Wextra -Werror -shared -fPIC -o '{library}' '{source}' $(pkg-config --cflags --libs libdpdk)"]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }

    private static List<byte[]> Drain(DataplaneProcess dataplane)
    {
        List<byte[]> records = [];
        RingConsumer ring = dataplane.Segment.Consumer(0);
        while (ring.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload))
        {
            Assert.Equal((RecordKind.Trailer, (ushort)Host), (header.Kind, header.Port));
            records.Add(payload.ToArray());
        }

        return records;
    }
}
