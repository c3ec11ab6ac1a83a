using CsCheck;
using OppTel.Bpf;
using OppTel.Host.Scheduling;

namespace OppTel.Host.Tests.Bpf;

/// <summary>What the daemon reads of the rings is what waits in them.</summary>
public sealed class DueRingsTests : IDisposable
{
    private const int Slots = 8;
    private const int Calm = 2;
    private static readonly byte[] Frame = Frames.Ipv4Udp(10);
    private readonly KernelFixture kernel = new(new MetricClasses(
    [
        new("first", TimeSpan.FromSeconds(1), TimeSpan.Zero, 1, []),
        new("second", TimeSpan.FromSeconds(1), TimeSpan.Zero, 3, []),
        new("calm", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(20), 1, []),
    ]));

    private readonly MappedArray<HostRing> rings;
    private readonly DueRings due;

    public DueRingsTests()
    {
        rings = kernel.Object.Map("opptel_rings").MapInto<HostRing>();
        due = new DueRings(rings, kernel.Slots, kernel.State);
        for (int number = 0; number < 3; number++)
        {
            for (int slot = First(number); slot < First(number) + Slots; slot++)
                (kernel.Slots[slot].Class, kernel.Slots[slot].Redundancy) = ((byte)number, (byte)(number == 1 ? 3 : 1));
        }

        kernel.State[0].MaxValues = 3;
    }

    public void Dispose()
    {
        rings.Dispose();
        kernel.Dispose();
    }

    /// <summary>Changes, deaths and carriers in any order: what is told is what a look at all slots finds.</summary>
    [Fact]
    public void TheOldestChangeIsFoundWhateverHappened() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, Slots - 1]).Array[1, 60].Sample(
        steps =>
        {
            ulong value = 0;
            foreach ((int what, int number, int slot) in steps)
            {
                if (what == 0)
                    kernel.SetLive(First(number) + slot, 1, live: false);
                else if (what == 1)
                    kernel.Send(Frame);
                else
                    kernel.Publish(First(number) + slot, ++value);
                ulong now = TestLibc.Boottime;
                ReadOnlySpan<ulong> oldest = due.Oldest(now);
                for (int one = 0; one < 3; one++)
                {
                    // Where only dead ones stand in the ring, they are told as what has been seen now, so that they leave it.
                    ulong expected = Enumerable.Range(First(one), Slots).Where(IsWaiting).Select(index => kernel.Slots[index].Since).DefaultIfEmpty(HeartbeatPlan.Nothing).Min();
                    Assert.True(expected == oldest[one] || (expected == HeartbeatPlan.Nothing && rings[one].Head > rings[one].Tail), $"class {one}: {oldest[one]}, not {expected}");
                }
            }
        },
        iter: 300,
        threads: 1);

    /// <summary>What changes while it rests is told as soon as it has rested, with the time of the change, whether carriers come or not.</summary>
    [Fact]
    public void WhatChangesWhileItRestsIsSeenWithoutACarrier()
    {
        kernel.Publish(First(Calm), 1);
        kernel.Send(Frame);
        ulong before = TestLibc.Boottime;
        kernel.Publish(First(Calm), 2);
        ulong after = TestLibc.Boottime;
        Wait.Until(() => due.HasRested(TestLibc.Boottime), "its rest is over");
        Assert.Equal(HeartbeatPlan.Nothing, due.Oldest(TestLibc.Boottime)[Calm]);
        Assert.Equal(0, kernel.Object.Program("opptel_rouse").Call(0));
        Assert.False(due.HasRested(TestLibc.Boottime));
        Assert.InRange(due.Oldest(TestLibc.Boottime)[Calm], before, after);
        Assert.Equal(First(Calm), Assert.Single(kernel.Stamp(Frame).Values).Slot);
    }

    /// <summary>Nothing waits, and nothing has left for a while: the next carrier says that the host is there.</summary>
    [Fact]
    public void ACarrierAfterALongSilenceSparesAHeartbeat()
    {
        kernel.Publish(100, 1);
        kernel.Send(Frame);
        Assert.Equal(Frame, kernel.Send(Frame));
        kernel.State[0].Silence = 5_000_000 >> HostMaps.RestShift;
        ulong last = kernel.Streams.Count > 0 ? Latest() : 0;
        Wait.Until(() => kernel.Send(Frame).Length > Frame.Length, "a trailer without a change");
        Assert.InRange(Latest() - last, 4_999_000ul, ulong.MaxValue);
        kernel.State[0].Silence = uint.MaxValue;
        Assert.Equal(Frame, kernel.Send(Frame));
        kernel.State[0].Silence = 1;
        kernel.SetLive(100, 1, live: false);
        Wait.Until(() => kernel.Send(Frame).Length == Frame.Length, "nothing is left to repeat");
        Thread.Sleep(1);
        Assert.Equal(Frame, kernel.Send(Frame));
    }

    private static int First(int number) => 100 * (number + 1);

    private bool IsWaiting(int slot) => kernel.Slots[slot].State == SlotState.Due && (kernel.Slots[slot].Live & HostSlot.LiveBit) != 0;

    private ulong Latest() => Enumerable.Range(0, kernel.Streams.Count).Max(cpu => kernel.Streams[cpu].LastStamp);
}
