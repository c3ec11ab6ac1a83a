using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Scheduling;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Most urgent first, by priority and by deadline; nobody starves; rest and redundancy are kept.</summary>
public sealed class ScheduleTests : IDisposable
{
    private const int Slots = 24;
    private static readonly byte[] Frame = Frames.Ipv4Udp(10);
    private readonly KernelFixture kernel = new(new MetricClasses(
    [
        Class("high", maxAge: 1000),
        Class("middle", maxAge: 1000, redundancy: 3),
        Class("low", maxAge: 8),
        Class("calm", maxAge: 1000, minInterval: 30),
    ]));

    public void Dispose() => kernel.Dispose();

    [Fact]
    public void APlaceGoesToTheEarliestDeadlineAndTheOthersByPriority()
    {
        Assign(100, 4, 0);
        Assign(300, 4, 2);
        kernel.State[0].MaxValues = 3;
        kernel.Publish(300, 1, 2, 3, 4);
        kernel.Publish(100, 1, 2, 3, 4);
        // The low class has the shorter maximum age: its deadlines come first.
        Assert.Equal([300, 100, 101], Stamped());
        Assert.Equal([301, 102, 103], Stamped());
        Assert.Equal([302, 303], Stamped());
    }

    [Fact]
    public void ACarrierWithOnePlaceServesDeadlineAndPriorityInTurn()
    {
        Assign(100, 8, 0);
        Assign(300, 8, 2);
        kernel.State[0].MaxValues = 1;
        kernel.Publish(300, 1, 2, 3, 4);
        kernel.Publish(100, 1, 2, 3, 4);
        Assert.Equal([100, 101, 102, 103, 300, 301, 302, 303], Enumerable.Range(0, 8).SelectMany(_ => Stamped()).Order());
        kernel.Publish(300, 1, 2, 3, 4);
        kernel.Publish(100, 1, 2, 3, 4);
        Assert.Equal(2, Enumerable.Range(0, 4).SelectMany(_ => Stamped()).Count(slot => slot >= 300));
    }

    /// <summary>
    /// Others change before every carrier, more than fit, whatever their class: a slot leaves at the latest when its maximum age has
    /// passed, and after that as many carriers as there are slots.
    /// </summary>
    [Fact]
    public void NoSlotStarves() => Gen.Select(Gen.Int[1, 4], Gen.Int[0, 2], Gen.Int[0, 2].Array[Slots]).Sample(
        (room, victim, classes) =>
        {
            for (int slot = 0; slot < Slots; slot++)
                Assign(100 + slot, 1, classes[slot]);
            Assign(500, 1, victim);
            kernel.State[0].MaxValues = (ushort)room;
            kernel.Publish(500, 1);
            // Its maximum age is not waited for.
            kernel.State[0].Class[victim].MaxAge = 0;
            int carriers = 0;
            for (ulong value = 1; !Stamped().Contains(500); value++, carriers++)
            {
                Assert.True(carriers <= 2 * 3 * (Slots + 1), $"slot 500 of class {victim} has waited for {carriers} carriers");
                kernel.Publish(100, [.. Enumerable.Repeat(value, Slots)]);
            }

            kernel.State[0].Class[victim].MaxAge = victim == 2 ? 8_000_000ul : 1_000_000_000;
            Drain();
        },
        iter: 60,
        threads: 1);

    /// <summary>With its own maximum age, too: the deadline of a slot that waits comes before those of slots that are queued later.</summary>
    [Fact]
    public void ADeadlineThatHasPassedComesBeforeTheOnesOfNewerSlots()
    {
        Assign(100, 60, 0);
        Assign(500, 1, 2);
        kernel.State[0].MaxValues = 2;
        kernel.Publish(100, [.. Enumerable.Repeat(1ul, 60)]);
        kernel.Publish(500, 1);
        Thread.Sleep(10);
        Assert.Equal(500, Stamped()[0]);
    }

    [Fact]
    public void EveryValueLeavesWithAsManyCarriersAsItsClassSays()
    {
        Assign(200, 2, 1);
        kernel.Publish(200, 5);
        Assert.Equal([200], Stamped());
        Assert.Equal([200], Stamped());
        kernel.Publish(200, 6);
        Assert.Equal([200, 200, 200], Enumerable.Range(0, 3).SelectMany(_ => Stamped()));
        Assert.Equal(Frame, kernel.Send(Frame));
    }

    /// <summary>However often a slot of a calm class changes, it leaves once in its interval, and then with its newest value.</summary>
    [Fact]
    public void AMinimumIntervalIsKeptAndNothingIsLost()
    {
        Assign(400, Slots, 3);
        Dictionary<int, (ulong Time, ulong Value)> last = [];
        Random random = new(7);
        ulong[] values = new ulong[Slots];
        for (ulong end = Native.Boottime + 300_000_000, now = 0; now < end; now = Native.Boottime)
        {
            int changed = random.Next(Slots);
            kernel.Publish(400 + changed, ++values[changed]);
            Take();
        }

        Wait.Until(
            () =>
            {
                Take();
                return Enumerable.Range(0, Slots).All(slot => values[slot] == last.GetValueOrDefault(slot).Value);
            },
            "every slot's newest value leaves");

        void Take()
        {
            byte[] left = kernel.Send(Frame);
            if (left.Length == Frame.Length)
                return;
            (Footer footer, ValueRecord[] taken) = KernelFixture.Read(left.AsSpan(Frame.Length..));
            foreach (ValueRecord value in taken)
            {
                int slot = value.Slot - 400;
                if (last.TryGetValue(slot, out (ulong Time, ulong Value) before))
                    Assert.InRange((footer.Time - before.Time) & 0xFFFF_FFFF_FFFF, 30_000_000ul, ulong.MaxValue);
                last[slot] = (footer.Time, value.Raw);
            }
        }
    }

    [Fact]
    public void AgesAndDeadlinesAreCounted()
    {
        Assign(300, 3, 2);
        kernel.Publish(300, 1, 2, 3);
        Stamped();
        kernel.Publish(300, 4);
        Thread.Sleep(10);
        Stamped();
        ClassAges ages = new ValueAges(kernel.Ages).Of(2);
        Assert.Equal((3ul, 1ul), (ages.Met, ages.Missed));
        Assert.Equal(4ul, ages.Counts.Aggregate((sum, count) => sum + count));
        // 10 ms are between 2^23 and 2^24 ns; a machine that stops for a moment makes it later.
        Assert.Equal(1ul, ages.Counts[(23 - (int)HistogramLayout.LeastBits + 1)..].Aggregate((sum, count) => sum + count));
    }

    /// <summary>A slot changes while a carrier that has looked at the clock is on its way to it: that change has not waited.</summary>
    [Fact]
    public void AChangeThatIsYoungerThanItsCarrierHasMetItsDeadline()
    {
        Assign(300, 1, 2);
        kernel.Publish(300, 1);
        kernel.Slots[300].Since = TestLibc.Boottime + 1_000_000_000;
        Assert.Equal([300], Stamped());
        ClassAges ages = new ValueAges(kernel.Ages).Of(2);
        Assert.Equal((1ul, 0ul, 1ul), (ages.Met, ages.Missed, ages.Counts[0]));
    }

    /// <summary>A frame that is filled up to a line ends at one, unless there is no room or nothing to fill it with.</summary>
    [Fact]
    public void FramesAreFilledUpToALine() => Gen.Select(Gen.Int[1, 200], Gen.Int[1, 8], Gen.Int[100, 1500]).Sample(
        (payload, values, mtu) =>
        {
            kernel.State[0].Line = HostConfiguration.LineSize;
            kernel.State[0].MaxValues = HostMaps.MaxValues;
            kernel.State[0].MaxTrailer = (ushort)mtu;
            Assign(100, 64, 0);
            kernel.SetLive(100, 64, live: true);
            Drain();
            kernel.Publish(100, [.. Enumerable.Repeat(1ul, values)]);
            byte[] frame = Frames.Ipv4Udp(payload), left = kernel.Send(frame);
            Assert.Equal(StripReason.Stripped, Trailer.Inspect(left, out int length));
            Assert.Equal(frame, left[..^length]);
            // Padding is even.
            int missing = -(left.Length + (left.Length & 1)) & (HostConfiguration.LineSize - 1);
            Assert.True(missing == 0 || length + missing >= mtu, $"{left.Length} bytes");
            Assert.InRange(length, 0, mtu);
        },
        iter: 300,
        threads: 1);

    private static MetricClass Class(string name, int maxAge, int minInterval = 0, int redundancy = 1) =>
        new(name, TimeSpan.FromMilliseconds(maxAge), TimeSpan.FromMilliseconds(minInterval), redundancy, []);

    /// <summary>Puts slots into a class, as the daemon does before it publishes them.</summary>
    private void Assign(int first, int count, int number)
    {
        for (int slot = first; slot < first + count; slot++)
            (kernel.Slots[slot].Class, kernel.Slots[slot].Redundancy) = ((byte)number, (byte)(number == 1 ? 3 : 1));
    }

    private int[] Stamped() => [.. kernel.Stamp(Frame).Values.Select(value => (int)value.Slot)];

    private void Drain() => Wait.Until(() => kernel.Send(Frame).Length == Frame.Length, "nothing is due");
}
