using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Scheduling;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>First come, first served; nothing is lost; nothing is sent twice without need.</summary>
public sealed class DueRingTests : IDisposable
{
    private const int First = 64;
    private const int Slots = 96;
    private static readonly byte[] Frame = Frames.Ipv4Udp(10);
    private readonly KernelFixture kernel = new();
    private readonly Queue<int> model = new();
    private readonly ulong[] values = new ulong[Slots];
    private readonly bool[] isLive = new bool[Slots];

    public void Dispose() => kernel.Dispose();

    /// <summary>Random histories of changes, publications, withdrawals and carriers of any size, against a plain queue.</summary>
    [Fact]
    public void TheRingIsAQueueWithoutDoubles() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, Slots - 1], Gen.Int[1, HostMaps.MaxValues]).Array[1, 200].Sample(
            steps =>
            {
                foreach ((int step, int slot, int size) in steps)
                {
                    if (step < 6)
                        Change(slot);
                    else if (step < 7)
                        Withdraw(slot);
                    else
                        Carry(size);
                }

                while (model.Count > 0)
                    Carry(HostMaps.MaxValues);
                Carry(1);
            },
            iter: 300,
            threads: 1);

    [Fact]
    public void TheRingGoesRoundManyTimes()
    {
        for (int round = 0; round < 3 * 2 * HostMaps.Slots / Slots; round++)
        {
            for (int slot = 0; slot < Slots; slot += HostMaps.MaxPublish)
                kernel.SetLive(First + slot, Math.Min(HostMaps.MaxPublish, Slots - slot), live: true);
            kernel.State[0].MaxValues = HostMaps.MaxValues;
            for (int slot = 0; slot < Slots; slot += HostMaps.MaxValues)
                Assert.Equal(Enumerable.Range(First + slot, HostMaps.MaxValues), kernel.Stamp(Frame).Values.Select(value => (int)value.Slot));
        }

        Assert.Equal(Frame, kernel.Send(Frame));
    }

    [Fact]
    public void ACarrierWhoseSizeDoesNotFitLeavesTheRestToTheNext()
    {
        kernel.Publish(First, [.. Enumerable.Range(0, 20).Select(value => (ulong)value)]);
        kernel.State[0].MaxValues = 8;
        Assert.Equal([8, 8, 4], new[] { 1, 2, 3 }.Select(_ => kernel.Stamp(Frame).Values.Length));
    }

    /// <summary>Changes and carriers on all CPUs at once: the last value of every slot leaves, and no carrier goes back in time.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    public void ConcurrentChangesAndCarriersLoseNothing(int minInterval, int redundancy)
    {
        using KernelFixture kernel = new(new MetricClasses([MetricClass.Defaults[1] with { MinInterval = TimeSpan.FromMilliseconds(minInterval) }]));
        for (int slot = 0; slot < Slots; slot++)
            kernel.Slots[First + slot].Redundancy = (byte)redundancy;
        const int Changes = 40_000;
        int pushing = 2;
        ulong[][] seen = [new ulong[Slots], new ulong[Slots]];
        PinnedThread[] threads = [.. Enumerable.Range(0, 4).Select(number => new PinnedThread(number % Environment.ProcessorCount))];
        for (int number = 0; number < 2; number++)
        {
            int seed = number;
            threads[number].Start(() =>
            {
                try
                {
                    Change(kernel, new Random(seed), Changes);
                }
                finally
                {
                    Interlocked.Decrement(ref pushing);
                }
            });
            threads[2 + number].Start(() =>
            {
                while (Volatile.Read(ref pushing) > 0)
                    Take(kernel, seen[seed]);
            });
        }

        foreach (PinnedThread thread in threads)
            thread.Join();
        Wait.Until(
            () => !Take(kernel, seen[0]) && Enumerable.Range(First, Slots).All(slot => kernel.Slots[slot].State is SlotState.Idle or SlotState.Resting),
            "nothing is due");
        for (int slot = 0; slot < Slots; slot++)
        {
            Assert.Equal(kernel.Slots[First + slot].Value, Math.Max(seen[0][slot], seen[1][slot]));
        }

        Assert.Equal(0ul, kernel.Sampler[0].DueOvertaken);
    }

    /// <summary>Changes one random slot after the other.</summary>
    private static void Change(KernelFixture kernel, Random random, int changes)
    {
        BpfProgram publish = kernel.Object.Program("opptel_publish");
        for (int change = 0; change < changes; change++)
        {
            int slot = random.Next(Slots);
            Interlocked.Increment(ref kernel.Slots[First + slot].Value);
            publish.Call(new PublishArgument((uint)(First + slot), 1, 1));
        }
    }

    /// <summary>Refresh takes live slots in turn, wherever they lie, and passes by those that died.</summary>
    [Fact]
    public void RefreshReachesEveryLiveSlotWithoutFavour()
    {
        const int Rounds = 6;
        int[] live = [.. Enumerable.Range(0, 32).Select(index => 16 + (index * 61)), .. Enumerable.Range(2048, 32)];
        kernel.State[0].RefreshValues = 2;
        kernel.State[0].MaxValues = 3;
        foreach (int slot in live)
        {
            kernel.SetLive(slot, 1, live: true);
            kernel.SetLive(slot + 4096, 1, live: true);
            kernel.SetLive(slot + 4096, 1, live: false);
        }

        Wait.Until(() => kernel.Send(Frame).Length == Frame.Length, "nothing is due");

        // The first one is due each time.
        Dictionary<int, int> refreshed = live[1..].ToDictionary(slot => slot, _ => 0);
        for (int carrier = 0; carrier < Rounds * live.Length / 2; carrier++)
        {
            kernel.Publish(live[0], (ulong)carrier);
            foreach (ValueRecord value in kernel.Stamp(Frame).Values.Skip(1))
                refreshed[value.Slot]++;
        }

        Assert.All(refreshed.Values, times => Assert.InRange(times, Rounds - 1, Rounds + 1));
    }

    private static bool Take(KernelFixture kernel, ulong[] seen)
    {
        byte[] left = kernel.Send(Frame);
        if (left.Length == Frame.Length)
            return false;
        foreach (ValueRecord value in KernelFixture.Read(left.AsSpan(Frame.Length..)).Values)
        {
            Assert.True(value.Raw >= seen[value.Slot - First], $"slot {value.Slot} went from {seen[value.Slot - First]} back to {value.Raw}");
            seen[value.Slot - First] = value.Raw;
        }

        return true;
    }

    private void Change(int slot)
    {
        values[slot]++;
        if (!model.Contains(slot))
            model.Enqueue(slot);
        isLive[slot] = true;
        kernel.Publish(First + slot, values[slot]);
    }

    private void Withdraw(int slot)
    {
        isLive[slot] = false;
        kernel.SetLive(First + slot, 1, live: false);
    }

    private void Carry(int size)
    {
        kernel.State[0].MaxValues = (ushort)size;
        List<ValueRecord> expected = [];
        for (int taken = 0; taken < size && model.TryDequeue(out int slot); taken++)
        {
            if (isLive[slot])
                expected.Add(new ValueRecord((ushort)(First + slot), values[slot]));
        }

        if (expected.Count == 0)
            Assert.Equal(Frame, kernel.Send(Frame));
        else
            Assert.Equal(expected, kernel.Stamp(Frame).Values);
    }
}
