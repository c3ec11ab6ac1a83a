using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Catalog;
using OppTel.Host.Fallback;
using OppTel.Wire;

namespace OppTel.Host.Tests.Fallback;

/// <summary>Whatever is lost on the way: the other side ends with the values that there are, and the sender stays within its bounds.</summary>
public sealed class DedicatedSenderTests
{
    private const ulong Interval = 100_000_000;
    private static readonly Entity Owner = new(EntityKind.Host, Entity.Permanent, 0, [], new Dictionary<string, string>());

    [Fact]
    public void WhatIsAcknowledgedIsNotSentAgainUntilItChanges()
    {
        Bench bench = new(3);
        bench.Round(deliver: _ => true);
        Assert.Equal((1ul, 3ul), (bench.Sender.Counts.Sent, bench.Sender.Counts.Values));
        bench.Round(deliver: _ => true);
        Assert.Equal(1ul, bench.Sender.Counts.Sent);
        bench.Values[1]++;
        bench.Round(deliver: _ => true);
        Assert.Equal((2ul, 4ul, 2ul), (bench.Sender.Counts.Sent, bench.Sender.Counts.Values, bench.Sender.Counts.Acknowledged));
        bench.AssertDelivered();
    }

    [Fact]
    public void ALostFrameIsSentAgainWithTheValuesOfTheTime()
    {
        Bench bench = new(2);
        bench.Round(deliver: _ => false);
        bench.Values[0] = 77;
        for (int round = 0; round < 20; round++)
            bench.Round(deliver: _ => true);
        bench.AssertDelivered();
        Assert.Equal(1ul, bench.Sender.Counts.Lost);
        Assert.InRange(bench.Sender.Counts.Retransmitted, 1ul, 2ul);
    }

    /// <summary>A collector that is gone is asked ever less often, and never more than 64 frames are open.</summary>
    [Fact]
    public void WhoDoesNotAnswerIsAskedLessOften()
    {
        Bench bench = new(2000);
        for (int round = 0; round < 300; round++)
        {
            for (int slot = 0; slot < bench.Values.Length; slot++)
                bench.Values[slot]++;
            bench.Round(deliver: _ => false);
        }

        // Thirty seconds: 16 frames until the first timeout, then one in eight rounds.
        Assert.InRange(bench.Sender.Counts.Sent, 30ul, 120ul);
        Assert.InRange(bench.MostOpen, 16, FramesInFlight.Most);
    }

    [Fact]
    public void ASlotWithAnotherOwnerIsSentThoughItHoldsTheSame()
    {
        Bench bench = new(1);
        bench.Round(deliver: _ => true);
        bench.Sender.Follow([new CriticalSlot(0, Owner with { Id = 5 })]);
        bench.Round(deliver: _ => true);
        bench.Round(deliver: _ => true);
        Assert.Equal(2ul, bench.Sender.Counts.Sent);
    }

    [Fact]
    public void SlotsBeyondTheBoundAreLeftOutAndCounted()
    {
        DedicatedSender sender = new(Interval, 1);
        sender.Follow(Enumerable.Range(0, DedicatedSender.MostSlots + 7).Select(slot => new CriticalSlot((uint)slot, Owner)));
        Assert.Equal((DedicatedSender.MostSlots, 7), (sender.Slots, sender.LeftOut));
    }

    /// <summary>Loss of frames and of acknowledgements, any first number, values that change all the time and then rest.</summary>
    [Fact]
    public void EverythingArrivesInTheEnd() => Gen.Select(Gen.Int[1, 600], Gen.Int[0, 60], Gen.Int[0, 60], Gen.UInt, Gen.Int, Gen.Int[100, 1400]).Sample((slots, loss, deaf, first, seed, room) =>
    {
        Bench bench = new(slots, first, room);
        Random random = new(seed);
        for (int round = 0; round < 60; round++)
        {
            for (int change = 0; change < slots / 3; change++)
                bench.Values[random.Next(slots)] += (ulong)random.Next(3);
            bench.Round(_ => random.Next(100) >= loss, hears: random.Next(100) >= deaf);
        }

        int rounds = 0;
        for (; (bench.Sender.Unacknowledged > 0 || !bench.IsDelivered) && rounds < 400; rounds++)
            bench.Round(_ => random.Next(100) >= loss, hears: random.Next(100) >= deaf);
        Assert.Equal(0, bench.Sender.Unacknowledged);
        bench.AssertDelivered();
        Assert.InRange(bench.MostOpen, 0, FramesInFlight.Most);
        Assert.InRange(bench.MostInARound, 0, 16);
        Assert.True(loss + deaf > 0 || bench.Sender.Counts is { Lost: 0, Retransmitted: 0 }, $"{bench.Sender.Counts}");
        DedicatedCounts counts = bench.Sender.Counts;
        Assert.Equal(counts.Sent, counts.Acknowledged + counts.Lost + counts.GivenUp + (ulong)bench.Open);
    }, iter: 200);

    /// <summary>A sender, slots, and a receiver that sees what arrives and answers once for each round.</summary>
    private sealed class Bench : ISlotValues
    {
        private readonly Dictionary<uint, ulong> received = [];
        private readonly int room;
        private uint highest;
        private ulong seen;

        public Bench(int slots, uint first = uint.MaxValue - 1, int room = 1400)
        {
            this.room = room;
            Values = [.. Enumerable.Range(0, slots).Select(slot => (ulong)slot)];
            Sender = new DedicatedSender(Interval, first);
            Sender.Follow(Enumerable.Range(0, slots).Select(slot => new CriticalSlot((uint)slot, Owner)));
        }

        public DedicatedSender Sender { get; }

        public ulong[] Values { get; }

        public ulong Now { get; private set; } = 10_000_000_000;

        public int MostOpen { get; private set; }

        public int MostInARound { get; private set; }

        public int Open => (int)(Sender.Counts.Sent - Sender.Counts.Acknowledged - Sender.Counts.Lost - Sender.Counts.GivenUp);

        public ulong ValueOf(uint slot) => Values[slot];

        public void Round(Predicate<uint> deliver, bool hears = true)
        {
            int sent = 0;
            Sender.Round(Now, 9, this, room, payload =>
            {
                sent++;
                Assert.True(payload.Length <= room);
                Assert.True(Trailer.IsNeutral(payload));
                TrailerReader reader = new(payload);
                Assert.Equal((DedicatedArrivals.Stream, (ushort)9, Now), (reader.Footer.Stream, reader.Footer.Epoch, reader.Footer.Time));
                if (deliver(reader.Footer.Sequence))
                    Take(reader);
            });
            MostInARound = Math.Max(MostInARound, sent);
            MostOpen = Math.Max(MostOpen, Open);
            if (hears)
                Sender.Acknowledge(new DedicatedArrivals(highest, seen));
            Now += Interval;
        }

        /// <summary>Whether the other side has every value as it is now.</summary>
        public bool IsDelivered => Enumerable.Range(0, Values.Length).All(slot => received.TryGetValue((uint)slot, out ulong value) && value == Values[slot]);

        public void AssertDelivered()
        {
            for (int slot = 0; slot < Values.Length; slot++)
                Assert.Equal(Values[slot], received[(uint)slot]);
        }

        private void Take(in TrailerReader reader)
        {
            int ahead = seen == 0 ? 0 : (int)(reader.Footer.Sequence - highest);
            seen = seen == 0 || ahead >= 64 ? 1 : (seen << ahead) | 1;
            highest = reader.Footer.Sequence;
            for (int index = 0; index < reader.Footer.Values; index++)
                received[reader.Value(index).Slot] = reader.Value(index).Raw;
        }
    }
}
