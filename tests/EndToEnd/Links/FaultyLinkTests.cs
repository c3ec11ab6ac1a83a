using System.Buffers.Binary;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Testbeds.Links;
using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Links;

/// <summary>The link that other tests trust: it does what it says, counts all of it, and nothing else.</summary>
public sealed class FaultyLinkTests : IDisposable
{
    private const int Header = 14, Frames = 4000;
    private static readonly byte[] Ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB6];

    private readonly Testbed testbed = new(faultyLink: true);
    private readonly PacketTap host, dpu;

    public FaultyLinkTests()
    {
        // Nobody but the test sends anything.
        testbed.Run("host", "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1").Expect();
        host = new PacketTap(testbed.Host, "eth0", 0x88B6);
        dpu = new PacketTap(testbed.Dpu, "dpu0", 0x88B6);
    }

    public void Dispose()
    {
        host.Dispose();
        dpu.Dispose();
        testbed.Dispose();
    }

    [Fact]
    public void WithoutFaultsEveryFrameArrivesInOrder()
    {
        Assert.Equal(Enumerable.Range(0, Frames), Arrived(host, dpu));
        Assert.Equal(Enumerable.Range(0, Frames), Arrived(dpu, host));
        Assert.Equal(0u, testbed.Link.Missed);
    }

    [Fact]
    public void LossIsCountedFrameByFrame()
    {
        testbed.Link.ToDpu.Faults = new LinkFaults { Loss = 0.3 };
        List<int> arrived = Arrived(host, dpu);
        Assert.Equal(Frames - arrived.Count, Counts.Lost);
        Assert.InRange(arrived.Count, Frames * 0.6, Frames * 0.8);
        Assert.Equal(arrived.Distinct().Order(), arrived);
        Assert.Equal(Frames, Arrived(dpu, host).Count);
    }

    [Fact]
    public void DuplicatesFollowTheirFrames()
    {
        testbed.Link.ToDpu.Faults = new LinkFaults { Duplication = 0.1 };
        List<int> arrived = Arrived(host, dpu);
        Assert.Equal(arrived.Count - Frames, Counts.Duplicated);
        Assert.InRange(Counts.Duplicated, Frames / 20, Frames / 5);
        Assert.Equal(Enumerable.Range(0, Frames), arrived.Distinct());
        Assert.Equal(arrived.Order(), arrived);
    }

    [Fact]
    public void ReorderedFramesComeAFewLater()
    {
        testbed.Link.ToDpu.Faults = new LinkFaults { Reordering = 0.05 };
        List<int> arrived = Arrived(host, dpu);
        Assert.Equal(Enumerable.Range(0, Frames), arrived.Order());
        Assert.InRange(Counts.Reordered, Frames / 40, Frames / 10);
        // Others may go before it while it waits; it is overtaken by as many as it was told, or by all that came in time.
        Assert.All(arrived.Index(), frame => Assert.InRange(frame.Index - frame.Item, -LinkDirection.LongestOvertaking, 2 * LinkDirection.LongestOvertaking));
    }

    [Fact]
    public void ACorruptedFrameDiffersInOneBit()
    {
        testbed.Link.ToDpu.Faults = new LinkFaults { Corruption = 1, Only = frame => frame[Header] % 2 == 0 };
        SendAll(host);
        testbed.WaitFor("all frames", () => Counts.Sent == Frames);
        Assert.Equal(Frames / 2, Counts.Corrupted);
        byte[][] arrived = [.. dpu.Frames.Where(frame => !frame.Outgoing).Select(frame => frame.Bytes)];
        // One whose EtherType was hit is not for the tap.
        Assert.InRange(arrived.Length, Frames * 0.8, Frames);
        int[] bits = [.. arrived.Select(frame => Enumerable.Range(0, Frames).Min(number => Difference(frame, Frame(number))))];
        Assert.Equal(arrived.Length - (Frames / 2), bits.Count(count => count == 1));
        Assert.Equal(Frames / 2, bits.Count(count => count == 0));
    }

    [Fact]
    public void DelayedFramesComeInOrderAndNotEarly()
    {
        TimeSpan delay = TimeSpan.FromMilliseconds(50), jitter = TimeSpan.FromMilliseconds(20);
        testbed.Link.ToDpu.Faults = new LinkFaults { Delay = delay, Jitter = jitter };
        ulong before = Boottime.Now;
        Assert.Equal(Enumerable.Range(0, Frames), Arrived(host, dpu));
        ulong came = dpu.Frames[0].Seen;
        Assert.True(came - before >= delay.TotalNanoseconds, $"{(came - before) / 1e6} ms");
    }

    [Fact]
    public void ACutLinkPassesNothingUntilItIsWhole()
    {
        testbed.Link.Faults = LinkFaults.Cut;
        SendAll(host);
        testbed.WaitFor("all frames", () => Counts.Received == Frames);
        Assert.Equal(Frames, Counts.Lost);
        Assert.Empty(dpu.Frames);
        testbed.Link.Faults = LinkFaults.None;
        Assert.Equal(Frames, Arrived(host, dpu).Count);
    }

    [Fact(Explicit = true)]
    public void HowManyFramesASecond()
    {
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        for (int round = 0; round < 100; round++)
            SendAll(host);
        testbed.WaitFor("all frames", () => Counts.Sent == 100 * Frames);
        Console.WriteLine($"{100 * Frames / watch.Elapsed.TotalSeconds:F0} frames/s, missed {testbed.Link.Missed}");
    }

    private LinkCounts Counts => testbed.Link.ToDpu.Counts;

    private static int Difference(byte[] left, byte[] right) =>
        left.Length == right.Length ? left.Zip(right, (one, other) => System.Numerics.BitOperations.PopCount((uint)(one ^ other))).Sum() : int.MaxValue;

    private static byte[] Frame(int number)
    {
        byte[] frame = new byte[64];
        Ethernet.CopyTo(frame, 0);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(Header), number);
        // No changed bit makes one number another.
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(Header + sizeof(int)), ~number);
        return frame;
    }

    private static void SendAll(PacketTap from)
    {
        for (int number = 0; number < Frames; number++)
            from.Send(Frame(number));
    }

    /// <summary>Numbers of the frames that arrived, in order.</summary>
    private List<int> Arrived(PacketTap from, PacketTap at)
    {
        int before = at.Frames.Count;
        LinkDirection direction = from == host ? testbed.Link.ToDpu : testbed.Link.ToHost;
        long received = direction.Counts.Received;
        SendAll(from);
        testbed.WaitFor("all frames at the link", () => direction.Counts is { Held: 0 } counts && counts.Received >= received + Frames);
        long sent = direction.Counts.Sent;
        testbed.WaitFor("all frames behind the link", () => at.Count(frame => !frame.Outgoing) == sent);
        return [.. at.Frames.Skip(before).Where(frame => !frame.Outgoing).Select(frame => BinaryPrimitives.ReadInt32LittleEndian(frame.Bytes.AsSpan(Header)))];
    }
}
