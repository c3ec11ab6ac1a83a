using CsCheck;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Tests;

public class StreamTrackerTests
{
    private const int Window = 64;

    /// <summary>What the network does to one trailer.</summary>
    private static readonly Gen<(int Copies, int Delay)> Fate = Gen.Frequency(
        (12, Gen.Const((1, 0))),
        (2, Gen.Const((0, 0))),
        (1, Gen.Select(Gen.Int[2, 4], Gen.Int[0, 100])),
        (2, Gen.Select(Gen.Const(1), Gen.Int[1, 200])));

    private static readonly Gen<uint> Start = Gen.OneOf(Gen.UInt, Gen.UInt[uint.MaxValue - 300, uint.MaxValue], Gen.Const(0u));

    [Fact]
    public void LossIsKnownAlsoWhenTheCatalogWentOnWithoutTheStream()
    {
        // A CPU that sends nothing for half a minute while processes come and go.
        StreamTracker tracker = new();
        for (uint number = 1; number <= 10; number++)
            tracker.Observe(3, 100, number);
        tracker.Observe(3, 500, 20);
        StreamCounts counts = tracker.Total(0);
        Assert.Equal((11ul, 9ul), (counts.Received, counts.Lost + (ulong)counts.Missing));
    }

    /// <summary>An idle CPU of a host where processes come and go for an hour: the epoch may have gone more than half round.</summary>
    [Fact]
    public void LossIsKnownHoweverFarTheCatalogWentOn() => Gen.Select(Gen.UShort[1, ushort.MaxValue], Gen.UShort[1, ushort.MaxValue], Start, Gen.UInt[1, Window]).Sample((before, after, start, gap) =>
    {
        StreamTracker tracker = new();
        for (uint number = 0; number < 100; number++)
            tracker.Observe(3, before, start + number);
        tracker.Observe(3, after, start + 99 + gap);
        tracker.Observe(3, after, start + 100 + gap);
        StreamCounts counts = tracker.Total(0);
        bool isOlder = EpochNumber.Distance(before, after) is < 0 and >= -256;
        // A step back of a few epochs is none that one sender makes.
        Assert.Equal((102ul, isOlder ? 0ul : gap - 1), (counts.Received, counts.Lost + (ulong)counts.Missing));
    });

    /// <summary>Where senders begin: none where another one may have ended.</summary>
    private static readonly uint[] FarApart = [uint.MaxValue - 100, 1u << 20, 1u << 30, 3u << 30];

    /// <summary>
    /// Senders that end and begin, with or without word of it, each with loss, copies and disorder of its own; the last trailers of one
    /// arrive among the first of the next. None begins where the one before has ended: that would be the same one.
    /// </summary>
    [Fact]
    public void CountsAgreeWithASetForEachSenderWhateverHappens() =>
        Gen.Select(Gen.Int[0, 3], Gen.Frequency((12, Gen.Const((1, 0))), (2, Gen.Const((0, 0))), (1, Gen.Select(Gen.Int[2, 4], Gen.Int[0, 50])), (2, Gen.Select(Gen.Const(1), Gen.Int[1, 50]))).Array[130, 300].Array[1, 4], Gen.UShort[1, ushort.MaxValue]).Sample((turn, senders, first) =>
        {
            StreamTracker tracker = new();
            Oracle[] oracles = [.. senders.Select(_ => new Oracle())];
            foreach ((int sender, int number) in Interleave(senders))
            {
                ushort epoch = (ushort)(first + (sender * 12_345) + (number / 20));
                tracker.Observe(3, epoch, FarApart[(turn + sender) % FarApart.Length] + (uint)number);
                oracles[sender].Observe(number);
            }

            StreamCounts[] counts = [.. tracker.Senders()];
            oracles = [.. oracles.Where(oracle => oracle.Received > 0)];
            Assert.Equal(oracles.Length, counts.Length);
            for (int sender = 0; sender < counts.Length; sender++)
                AssertEqual(oracles[sender], counts[sender], isOver: sender < counts.Length - 1);
            StreamCounts total = tracker.Total(0);
            Assert.Equal(oracles.Aggregate(0ul, (sum, oracle) => sum + oracle.Lost + (ulong)oracle.Missing), total.Lost + (ulong)total.Missing);
            Assert.Equal(oracles.Aggregate(0ul, (sum, oracle) => sum + oracle.Received), total.Received);
        }, iter: 500);

    [Fact]
    public void CountsAgreeWithASetOfAllNumbersWhateverIsLostDoubledOrLate()
    {
        Gen.Select(Start, Fate.Array[1, 600]).Sample((start, fates) =>
        {
            StreamTracker tracker = new();
            Oracle oracle = new();
            foreach (int number in Deliver(fates))
            {
                tracker.Observe(3, 7, start + (uint)number);
                oracle.Observe(number);
                if (tracker.Senders().Count != 1)
                    return; // Four late ones in a row are a restart by definition; the next property covers restarts.
                AssertEqual(oracle, tracker.Senders()[0]);
            }
        }, iter: 2000);
    }

    [Fact]
    public void NeitherLossNorReorderingWithinTheWindowLooksLikeARestart()
    {
        Gen.Select(Start, Gen.Int[0, Window - 1].Array[1, 600], Gen.Int[1, 20]).Sample((start, delays, flips) =>
        {
            StreamTracker tracker = new();
            foreach (int number in Deliver(delays.Select(delay => (1, delay)).ToArray()))
                tracker.Observe(0, (ushort)(1 + ((65529 + (number / flips)) % 65535)), start + (uint)number);
            StreamCounts counts = Assert.Single(tracker.Senders());
            Assert.Equal((0ul, 0, 0ul), (counts.Lost, counts.Missing, counts.Duplicate));
            Assert.Equal((ulong)delays.Length, counts.Received);
        }, iter: 500);
    }

    [Fact]
    public void ARestartOfTheSenderIsNoGapWhateverItsEpoch()
    {
        Gen.Int[1, 500].Array[2, 6].Select(Gen.UShort).Sample((lengths, epoch) =>
        {
            StreamTracker tracker = new();
            foreach (int length in lengths)
            {
                // The next sender's epoch is random; a step of at most 256 could as well be the same sender's, and 0 is none at all.
                epoch += epoch == 55_536 ? (ushort)10_001 : (ushort)10_000;
                for (uint number = 0; number < length; number++)
                    tracker.Observe(1, epoch, number);
            }

            StreamCounts total = tracker.Total(0);
            Assert.Equal((0ul, 0, 0ul, 0ul), (total.Lost, total.Missing, total.Duplicate, total.Reordered));
            Assert.Equal((ulong)lengths.Sum(), total.Received);
            Assert.Equal(lengths.Length, tracker.Senders().Count);
        }, iter: 500);
    }

    [Fact]
    public void ABigStepBackInTheSameEpochIsARestartAfterFourNumbersInARow()
    {
        StreamTracker tracker = new();
        for (uint number = 0; number < 1000; number++)
            tracker.Observe(1, 7, number);
        for (uint number = 0; number < 1000; number += number == 500 ? 2u : 1u)
            tracker.Observe(1, 7, number);
        Assert.Equal((1ul, 0), (tracker.Total(0).Lost, tracker.Total(0).Missing));
        Assert.Equal(2, tracker.Senders().Count);
        Assert.Equal(1000ul + 996, tracker.Senders().Aggregate(0ul, (sum, sender) => sum + sender.Received - sender.Reordered));
    }

    [Fact]
    public void StragglersOfTheSenderBeforeAreCountedThere()
    {
        StreamTracker tracker = new();
        for (uint number = 0; number < 100; number++)
            tracker.Observe(1, 40_000, number == 98 ? 97 : number);
        for (uint number = 0; number < 5; number++)
            tracker.Observe(1, 7, number);
        tracker.Observe(1, 40_000, 98);
        tracker.Observe(1, 7, 5);
        Assert.Equal([(40_000, 101ul, 0ul, 1ul, 1ul), (7, 6ul, 0ul, 0ul, 0ul)], tracker.Senders().Select(
            sender => ((int)sender.Epoch, sender.Received, sender.Lost + (ulong)sender.Missing, sender.Duplicate, sender.Reordered)));
    }

    [Fact]
    public void TrailersWithoutACatalogBelongToTheSameSender()
    {
        StreamTracker tracker = new();
        ushort[] epochs = [0, 0, 40_000, 40_000, 0, 0, 40_001, 0, 40_002];
        for (uint number = 0; number < epochs.Length; number++)
            tracker.Observe(1, epochs[number], number);
        StreamCounts counts = Assert.Single(tracker.Senders());
        Assert.Equal((40_002, 9ul, 0ul, 0), (counts.Epoch, counts.Received, counts.Lost, counts.Missing));
    }

    [Fact]
    public void AnAnnouncedRestartStartsAfresh()
    {
        StreamTracker tracker = new();
        tracker.Observe(1, 7, 1000);
        tracker.Restart();
        tracker.Observe(1, 7, 1010);
        Assert.Equal((2ul, 0ul, 0), (tracker.Total(0).Received, tracker.Total(0).Lost, tracker.Total(0).Missing));
    }

    [Fact]
    public void TotalsNeverDecrease()
    {
        Gen.Select(Gen.UShort[0, 3], Gen.UShort[1, 3], Gen.UInt[0, 300]).Array[1, 500].Sample(arrivals =>
        {
            StreamTracker tracker = new(3);
            StreamCounts[] before = new StreamCounts[3];
            ulong seen = 0;
            foreach ((ushort stream, ushort epoch, uint sequence) in arrivals)
            {
                tracker.Observe(stream, (ushort)(epoch * 20_000), sequence);
                for (int index = 0; index < tracker.Count; index++)
                {
                    StreamCounts now = tracker.Total(index);
                    Assert.True(now.Lost >= before[index].Lost && now.Received >= before[index].Received);
                    Assert.True(now.Duplicate >= before[index].Duplicate && now.Reordered >= before[index].Reordered);
                    before[index] = now;
                }

                seen++;
                Assert.Equal(seen, tracker.Untracked + before.Aggregate(0ul, (sum, counts) => sum + counts.Received));
            }
        }, iter: 300);
    }

    [Fact]
    public void ObservingAllocatesNothing()
    {
        StreamTracker tracker = new();
        for (ushort stream = 0; stream < 8; stream++)
            tracker.Observe(stream, 1, 0);
        Allocations.AssertNone(round =>
        {
            for (uint number = 1; number <= 20_000; number++)
                tracker.Observe((ushort)(number & 7), 1, ((uint)round * 20_000) + number);
        });
    }

    private static IEnumerable<int> Deliver((int Copies, int Delay)[] fates) => fates
        .SelectMany((fate, number) => Enumerable.Range(0, fate.Copies).Select(copy => (number, At: number + (copy == 0 && fate.Copies > 1 ? 0 : fate.Delay))))
        .OrderBy(arrival => arrival.At)
        .Select(arrival => arrival.number);

    /// <summary>Of each sender the numbers in the order of their arrival; one begins when the one before has sent its last.</summary>
    private static IEnumerable<(int Sender, int Number)> Interleave((int Copies, int Delay)[][] senders)
    {
        int begun = 0;
        List<(int Sender, int Number, int At)> arrivals = [];
        for (int sender = 0; sender < senders.Length; begun += senders[sender++].Length)
        {
            for (int number = 0; number < senders[sender].Length; number++)
            {
                (int copies, int delay) = senders[sender][number];
                for (int copy = 0; copy < copies; copy++)
                    arrivals.Add((sender, number, begun + number + (copy == 0 && copies > 1 ? 0 : delay)));
            }
        }

        return arrivals.OrderBy(arrival => arrival.At).Select(arrival => (arrival.Sender, arrival.Number));
    }

    private static void AssertEqual(Oracle oracle, StreamCounts counts, bool isOver)
    {
        Assert.Equal((oracle.Received, oracle.Duplicate, oracle.Reordered), (counts.Received, counts.Duplicate, counts.Reordered));
        Assert.Equal(isOver ? (oracle.Lost + (ulong)oracle.Missing, 0) : (oracle.Lost, oracle.Missing), (counts.Lost, counts.Missing));
    }

    private static void AssertEqual(Oracle oracle, StreamCounts counts)
    {
        Assert.Equal(oracle.Received, counts.Received);
        Assert.Equal(oracle.Duplicate, counts.Duplicate);
        Assert.Equal(oracle.Reordered, counts.Reordered);
        Assert.Equal(oracle.Missing, counts.Missing);
        Assert.Equal(oracle.Lost, counts.Lost);
    }

    /// <summary>Keeps every number that ever arrived.</summary>
    private sealed class Oracle
    {
        private readonly HashSet<int> seen = [];

        public ulong Received { get; private set; }

        public ulong Duplicate { get; private set; }

        public ulong Reordered { get; private set; }

        public int Missing => Absent(Math.Max(seen.Min(), seen.Max() - Window + 1));

        public ulong Lost => (ulong)(Absent(seen.Min()) - Missing);

        public void Observe(int number)
        {
            Received++;
            int highest = seen.Count == 0 ? number : seen.Max();
            bool tooLate = highest - number >= Window;
            if (!tooLate && seen.Contains(number))
                Duplicate++;
            else if (number < highest)
                Reordered++;
            if (!tooLate)
                seen.Add(number);
        }

        private int Absent(int from) => Enumerable.Range(from, seen.Max() - from + 1).Count(number => !seen.Contains(number));
    }
}
