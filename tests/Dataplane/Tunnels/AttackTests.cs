using OppTel.Segment;

namespace OppTel.Dataplane.Tests.Tunnels;

/// <summary>Fragments that do not come as a stack sends them lose their place; the packets themselves leave untouched, and each kind is counted.</summary>
public sealed class AttackTests : IDisposable
{
    private const int Mtu = 600;
    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(77);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AGap() => Untouched(FragmentFate.Gap, 1, Without(Stamped(1), 1));

    [Fact]
    public void TheWrongOrder()
    {
        List<byte[]> fragments = Stamped(1);
        Untouched(FragmentFate.Gap, 1, [fragments[0], fragments[^1], .. fragments[1..^1]]);
    }

    [Fact]
    public void TheLastFirst()
    {
        List<byte[]> fragments = Stamped(1);
        // The first one is held then, and what follows it never comes to an end: it waits its time out, or until the program ends.
        Untouched(FragmentFate.TimedOut, 1, [fragments[^1], .. fragments[..^1]]);
    }

    [Fact]
    public void ADuplicate()
    {
        List<byte[]> fragments = Stamped(1);
        Untouched(FragmentFate.Overlap, 1, [.. fragments[..2], fragments[1], .. fragments[2..]]);
    }

    [Fact]
    public void TwoFirstOnes()
    {
        List<byte[]> fragments = Stamped(1);
        Untouched(FragmentFate.Overlap, 1, [fragments[0], .. fragments]);
    }

    /// <summary>Fragments of two cuts of one datagram: the second begins inside the first.</summary>
    [Fact]
    public void AnOverlap()
    {
        List<byte[]> one = Stamped(1), other = Stamped(1, mtu: 400);
        Untouched(FragmentFate.Overlap, 1, [one[0], .. other[1..]]);
    }

    [Fact]
    public void ATinyFirstFragment()
    {
        // Eight bytes hold UDP's header, and 16 the tunnel's too, but not the inner frame's.
        foreach (int mtu in (int[])[28, 36])
            Untouched(FragmentFate.Tiny, 1, Stamped(1, mtu, size: 100));
    }

    [Fact]
    public void TooManyFragments() => Untouched(FragmentFate.TooMany, 1, Stamped(1, mtu: 120));

    [Fact]
    public void AnotherTimeToLive()
    {
        List<byte[]> fragments = Stamped(1);
        fragments[^1][22]--;
        Untouched(FragmentFate.TimedOut, 1, fragments);
    }

    [Fact]
    public void BytesBehindTheLastFragment()
    {
        List<byte[]> fragments = Stamped(1);
        fragments[^1] = [.. fragments[^1], 0, 0];
        Untouched(FragmentFate.TimedOut, 1, fragments);
    }

    /// <summary>First fragments that nothing follows push each other out; what comes between them in good order is served all the same.</summary>
    [Fact]
    public void AFloodOfFirstFragments()
    {
        List<byte[]> sent = [], expected = [];
        for (int number = 0; number < 5_000; number++)
            sent.Add(Stamped(number)[0]);
        expected.AddRange(sent);
        TunnelledPacket good = TunnelledPacket.Any(new Random(3), 60_000, true, 300);
        sent.AddRange(good.Sent);
        using DataplaneProcess dataplane = Run(sent);
        List<byte[]> left = Left();
        Assert.Equal(sent.Count - good.Sent.Count + good.Bare.Count, left.Count);
        // Those that were pushed out left in their order, and the good datagram before those that were held to the end.
        Assert.Equal(Hex(expected), Hex(left.Where(frame => !good.Bare.Any(frame.SequenceEqual))));
        Assert.Equal(1ul, dataplane.Counter(0, PortCounter.Carriers));
        Assert.Equal(5_000ul, Fate(dataplane, FragmentFate.Evicted) + Fate(dataplane, FragmentFate.TimedOut));
        Assert.True(Fate(dataplane, FragmentFate.Evicted) > 4_000);
    }

    /// <summary>Whatever is lost, doubled, swapped and changed on the way: what has no trailer leaves as it came, not a frame more or less.</summary>
    [Fact]
    public void AnyMessLeavesAsItCame()
    {
        List<byte[]> sent = [];
        for (int number = 0; number < 3_000; number++)
        {
            foreach (byte[] fragment in TunnelledPacket.Any(random, number % 50, false, 400).Sent)
            {
                int fate = random.Next(20);
                byte[] damaged = [.. fragment];
                if (fate == 3)
                    damaged[random.Next(14, 50)] ^= (byte)(1 << random.Next(8));
                if (fate != 0)
                    sent.Insert(Math.Max(0, sent.Count - (fate == 2 ? random.Next(5) : 0)), damaged);
                if (fate == 1)
                    sent.Add(damaged);
            }
        }

        using DataplaneProcess dataplane = Run(sent);
        Assert.Equal(Hex(sent).Order(StringComparer.Ordinal), Hex(Left()).Order(StringComparer.Ordinal));
        Assert.Equal(0ul, dataplane.Counter(0, PortCounter.Carriers));
        Assert.Equal((ulong)sent.Count, dataplane.Counter(1, PortCounter.TxPackets));
    }

    private List<byte[]> Stamped(int identification, int mtu = Mtu, int size = 1400)
    {
        for (; ; )
        {
            TunnelledPacket packet = TunnelledPacket.Any(random, identification, true, mtu);
            if (packet.Sent.Count >= 3 && packet.Sent[0][12] == 8 && packet.Sent.Sum(frame => frame.Length - 34) >= size)
                return packet.Sent;
        }
    }

    private static List<byte[]> Without(List<byte[]> frames, int index) => [.. frames[..index], .. frames[(index + 1)..]];

    private void Untouched(FragmentFate fate, ulong count, List<byte[]> sent)
    {
        using DataplaneProcess dataplane = Run(sent);
        List<byte[]> left = Left();
        Assert.Equal(Hex(sent).Order(StringComparer.Ordinal), Hex(left).Order(StringComparer.Ordinal));
        Assert.Equal(count, Fate(dataplane, fate));
        Assert.Equal(0ul, dataplane.Counter(0, PortCounter.Carriers));
        Assert.Equal(0ul, dataplane.Counter(0, PortCounter.FragmentedDatagrams));
        Assert.Equal((ulong)sent.Count, dataplane.Counter(1, PortCounter.TxPackets));
    }

    private static ulong Fate(DataplaneProcess dataplane, FragmentFate fate) => dataplane.Counter(0, PortCounter.FragmentsReleased + (int)fate);

    private static IEnumerable<string> Hex(IEnumerable<byte[]> frames) => frames.Select(Convert.ToHexString);

    private DataplaneProcess Run(List<byte[]> host)
    {
        Capture.Write(directory["host.pcap"], host);
        Capture.Write(directory["network.pcap"], []);
        DataplaneProcess dataplane = DataplaneProcess.Start(directory, TunnelTests.Pcap);
        dataplane.Terminate(0, host.Count);
        return dataplane;
    }

    private List<byte[]> Left() => Capture.Read(directory["to_network.pcap"]);
}
