using OppTel.Bpf;
using OppTel.Host.Boosts;
using OppTel.Host.Samplers;
using OppTel.Wire;

namespace OppTel.Host.Tests.Bpf;

/// <summary>A clock reads slots between carriers: what changed leaves with its time, in order, and what does not leave is counted.</summary>
public sealed class FastTests : IDisposable
{
    private const int Cpu = 0;
    private const int Slot = 100;
    private static readonly TimeSpan Period = TimeSpan.FromMicroseconds(50);
    private static readonly byte[] Frame = Frames.Ipv4Udp(10);
    private readonly KernelFixture kernel = new();
    private readonly MappedArray<HostFast> rings;
    private readonly RunningSampler fast;
    private readonly BpfLink clock;

    public FastTests()
    {
        rings = kernel.Object.Map("opptel_fast").MapInto<HostFast>();
        fast = new RunningSampler(FastSampler.Define(new FastClocks(new FastSampling(Period, []), rings)));
        SlotPlan plan = new([fast.Sampler], SlotPlan.Kinds.ToDictionary(kind => kind, _ => 0), BpfObject.PossibleCpus);
        fast.Load(KernelFixture.Build(Path.Combine("samplers", "fast.bpf.c")), kernel.Object, plan);
        kernel.State[0].MaxSamples = HostMaps.MaxSamples;
        kernel.State[0].MaxValues = 1;
        kernel.State[0].Cpus = (uint)BpfObject.PossibleCpus;
        (rings[Cpu].Slot[0], rings[Cpu].Slots) = (Slot, 1);
        kernel.Publish(Slot, 1);
        clock = fast.Object!.Program("opptel_fast_tick").AttachToClock(Cpu, Period);
    }

    public void Dispose()
    {
        clock.Dispose();
        fast.Dispose();
        rings.Dispose();
        kernel.Dispose();
    }

    /// <summary>A slot counts up on its own; what the samples say it was at a time is what it was then.</summary>
    [Fact]
    public void ReadingsLeaveInOrderWithTheirTimes()
    {
        List<(ulong Time, ulong Value)> history = [], read = [];
        for (ulong value = 2; value < 200; value++)
        {
            ulong before = Native.Boottime;
            Volatile.Write(ref kernel.Slots[Slot].Value, value);
            history.Add((before, value));
            Thread.Sleep(1);
            if (value % 5 == 0)
                read.AddRange(Take());
        }

        while (Take() is { Count: > 0 } rest)
            read.AddRange(rest);
        Assert.True(read.Count > 10, $"{read.Count} readings");
        Assert.Equal(read.OrderBy(reading => reading.Time), read);
        Assert.Equal(read.Select(reading => reading.Value).Distinct(), read.Select(reading => reading.Value));
        foreach ((ulong time, ulong value) in read.Where(reading => reading.Value > 2))
        {
            // Not before it was written, and not after the next one had been; the clock takes the time first, and can be held up then.
            Assert.InRange(time, history[(int)value - 2].Time - 50_000_000, (int)value - 1 < history.Count ? history[(int)value - 1].Time + 50_000_000 : ulong.MaxValue);
        }

        Assert.Equal(0ul, rings[Cpu].Overflows);
    }

    /// <summary>Nobody takes them: the ring keeps the oldest, and the slot's newest value leaves all the same.</summary>
    [Fact]
    public void WhatFindsNoPlaceIsCounted()
    {
        ulong value = 2;
        Wait.Until(
            () =>
            {
                for (int change = 0; change < 100_000; change++)
                    Volatile.Write(ref kernel.Slots[Slot].Value, ++value);

                return Volatile.Read(ref rings[Cpu].Overflows) > 100;
            },
            "the ring overflows");
        clock.Dispose();
        ulong overflows = rings[Cpu].Overflows;
        Assert.Equal(1024ul, rings[Cpu].Head - rings[Cpu].Tail);
        kernel.Publish(Slot, value);
        Footer footer = kernel.Stamp(Frame).Footer;
        // Samples take half of the trailer at most.
        Assert.Equal(1, footer.Values);
        Assert.InRange(footer.Samples, 0, 15);
        ulong taken = (ulong)footer.Samples;
        while (rings[Cpu].Head != rings[Cpu].Tail)
            taken += (ulong)Take().Count;
        // What is too long ago for a sample is counted too.
        Assert.Equal(rings[Cpu].Readings - taken, rings[Cpu].Overflows - overflows);
    }

    [Fact]
    public void ReadingsAreDroppedWithTheMeaningOfTheirSlot()
    {
        Wait.Until(() => Volatile.Read(ref rings[Cpu].Readings) > 0, "the clock has read");
        kernel.SetLive(Slot, 1, live: false);
        ulong before = rings[Cpu].Overflows;
        Wait.Until(
            () =>
            {
                kernel.Send(Frame);
                return rings[Cpu].Overflows > before;
            },
            "the reading is dropped");
    }

    /// <summary>A boost begins and ends while the daemon runs; what was not taken is counted, and the clock stands still.</summary>
    [Fact]
    public void ABoostSetsTheClocksAndStopsThem()
    {
        clock.Dispose();
        rings[Cpu].Slots = 0;
        FastClocks clocks = new(null, rings);
        using IDisposable attached = new Attached(clocks.Attach(fast.Object!.Program("opptel_fast_tick")));
        clocks.Begin(new SlotPlan([fast.Sampler], SlotPlan.Kinds.ToDictionary(kind => kind, _ => 0), BpfObject.PossibleCpus));
        Assert.False(clocks.IsReading);
        ulong value = Count(10);
        ulong none = Volatile.Read(ref rings[Cpu].Readings);
        clocks.Boost(Period, [new ClockedSlot(Cpu, Slot)]);
        Assert.True(clocks.IsReading);
        Wait.Until(() => (value = Count(1)) > 0 && Volatile.Read(ref rings[Cpu].Readings) > none + 20, "the clock reads");
        clocks.Boost(TimeSpan.MaxValue, []);
        Assert.False(clocks.IsReading);
        (ulong readings, ulong overflows) = (rings[Cpu].Readings, rings[Cpu].Overflows);
        Assert.Equal(readings, overflows);
        Assert.Equal(rings[Cpu].Head, rings[Cpu].Tail);
        Count(10);
        Assert.Equal((readings, 0u), (rings[Cpu].Readings, rings[Cpu].Slots));
    }

    private ulong Count(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Volatile.Write(ref kernel.Slots[Slot].Value, kernel.Slots[Slot].Value + 1);
            Thread.Sleep(1);
        }

        return kernel.Slots[Slot].Value;
    }

    private sealed class Attached(IReadOnlyList<IDisposable> links) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable link in links)
                link.Dispose();
        }
    }

    private List<(ulong Time, ulong Value)> Take()
    {
        byte[] left = kernel.Send(Frame);
        if (left.Length == Frame.Length)
            return [];
        Assert.Equal(StripReason.Stripped, Trailer.Inspect(left, out int length));
        TrailerReader reader = new(left.AsSpan(^length..));
        ulong now = Native.Boottime;
        List<(ulong, ulong)> read = [];
        for (int index = 0; index < reader.Footer.Samples; index++)
        {
            SampleRecord sample = reader.Sample(index);
            Assert.Equal(Slot, sample.Slot);
            // The footer has 48 bits of the time.
            ulong stamped = now - ((now - reader.Footer.Time) & 0xFFFF_FFFF_FFFF);
            read.Add((stamped - sample.AgeNanoseconds, sample.Raw));
        }

        return read;
    }
}
