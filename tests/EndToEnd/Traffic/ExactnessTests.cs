using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.Wire;

namespace OppTel.EndToEnd.Tests.Traffic;

/// <summary>What leaves the dataplane is, byte for byte, what the other side's stack produced.</summary>
public sealed class ExactnessTests
{
    private static readonly byte[] Mark = "here both taps "u8.ToArray();

    [Theory]
    [InlineData("af_packet")]
    [InlineData("af_xdp")]
    public void EveryFrameArrivesAsTheStackMadeIt(string driver)
    {
        using Testbed testbed = new(driver);
        testbed.StartAll();
        _ = testbed.Start("host", "nginx", "-c", testbed["nginx.conf"], "-p", testbed[""]);
        testbed.WaitFor("nginx", () => testbed.Run("network", "curl", "-sf", $"http://{Testbed.HostAddress}/").Code == 0);

        using PacketTap host = new(testbed.Host, "eth0"), network = new(testbed.Network, "eth0");
        testbed.Run("network", "ping", "-c", "1", "-s", $"{10 * Mark.Length}", "-p", Convert.ToHexString(Mark), Testbed.HostAddress).Expect();
        foreach (string role in new[] { "host", "network" })
            testbed.Run(role, "ip", "neigh", "flush", "dev", "eth0").Expect();
        testbed.Run("network", "wrk", "-t1", "-c4", "-d2s", $"http://{Testbed.HostAddress}/").Expect();
        testbed.Run("network", "ping", "-c", "100", "-i", "0.002", "-s", "333", Testbed.HostAddress).Expect();
        testbed.Run("network", "ping", "-c", "100", "-i", "0.002", "-s", "1111", Testbed.HostAddress6).Expect();

        AssertSame(testbed, host, network);
        AssertSame(testbed, network, host);
        Assert.Equal(0u, host.Missed + network.Missed);
        Assert.Equal(0, network.Count(frame => frame.TrailerLength != 0));
        Assert.Equal(0, network.Count(frame => frame.IsControl));
        foreach (ushort type in new[] { EtherType.Ipv4, EtherType.Ipv6, EtherType.Arp })
            Assert.True(host.Count(frame => frame.Outgoing && frame.EtherType == type && frame.TrailerLength != 0) > 0, $"no carrier of EtherType {type:X}");
    }

    /// <summary>Both taps saw the same frames, where those of the sender end with their L3 packet; order aside, because CPUs send side by side.</summary>
    private static void AssertSame(Testbed testbed, PacketTap sender, PacketTap receiver)
    {
        testbed.WaitFor("the last frames", () => Since(sender, outgoing: true).Count == Since(receiver, outgoing: false).Count);
        List<string> sent = [.. Since(sender, outgoing: true).Select(frame => Convert.ToHexString(Packet(frame.Bytes))).Order(StringComparer.Ordinal)];
        List<string> arrived = [.. Since(receiver, outgoing: false).Select(frame => Convert.ToHexString(frame.Bytes)).Order(StringComparer.Ordinal)];
        Assert.True(sent.Count > 300, $"only {sent.Count} frames");
        for (int index = 0; index < sent.Count; index++)
            Assert.Equal(sent[index], arrived[index]);
    }

    /// <summary>From the marked frame on: one tap was opened before the other, and the link is never silent.</summary>
    private static List<TappedFrame> Since(PacketTap tap, bool outgoing) =>
    [
        .. tap.Frames
            .Where(frame => frame.Outgoing == outgoing && !frame.IsControl)
            .SkipWhile(frame => frame.Bytes.AsSpan().IndexOf(Mark) < 0),
    ];

    /// <summary>The stack makes no frame that is longer than its packet.</summary>
    private static ReadOnlySpan<byte> Packet(byte[] frame)
    {
        Assert.True(L3.TryFindEnd(frame, out int end) && end <= frame.Length, Convert.ToHexString(frame));
        return frame.AsSpan(0, end);
    }
}
