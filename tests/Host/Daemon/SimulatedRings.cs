using OppTel.Host.Scheduling;

namespace OppTel.Host.Tests.Daemon;

/// <summary>Slots that change at random, and the rings where they wait and rest: what the packet path does, with time that is told.</summary>
internal sealed class SimulatedRings
{
    private const int Room = 15;
    private const int MeanMilliseconds = 50;
    private readonly (ulong MaxAge, ulong Pause)[] classes;
    private readonly Slot[][] slots;
    private readonly Queue<Slot>[] due;
    private readonly Queue<Slot>[] resting;

    public SimulatedRings((ulong MaxAge, ulong Pause)[] classes, int slotsPerClass, Random random)
    {
        (this.classes, Random) = (classes, random);
        slots = [.. classes.Select(_ => Enumerable.Range(0, slotsPerClass).Select(_ => new Slot()).ToArray())];
        due = [.. classes.Select(_ => new Queue<Slot>())];
        resting = [.. classes.Select(_ => new Queue<Slot>())];
        Worst = new ulong[classes.Length];
    }

    public Random Random { get; }

    public ulong LastTrailer { get; private set; }

    /// <summary>Of each class the longest that a change waited, or waits.</summary>
    public ulong[] Worst { get; }

    public void Change(ulong now)
    {
        for (int number = 0; number < classes.Length; number++)
        {
            foreach (Slot slot in slots[number].Where(_ => Random.Next(MeanMilliseconds) == 0))
                Mark(slot, number, now);
        }
    }

    /// <summary>A carrier: the earliest deadline first, then by priority.</summary>
    public void Carry(ulong now)
    {
        Rouse(now);
        int left = Room;
        if (Enumerable.Range(0, classes.Length).Where(number => due[number].Count > 0).DefaultIfEmpty(-1).MinBy(number => number < 0 ? 0 : due[number].Peek().Since + classes[number].MaxAge) is var first and >= 0)
            Take(first, 1, now, ref left);
        for (int number = 0; number < classes.Length; number++)
            Take(number, left, now, ref left);
        LastTrailer = now;
    }

    public void Rouse(ulong now)
    {
        for (int number = 0; number < classes.Length; number++)
        {
            while (resting[number].TryPeek(out Slot? slot) && now - slot.Left > classes[number].Pause)
            {
                resting[number].Dequeue();
                slot.IsResting = false;
                if (slot.Since is { } && !slot.IsDue)
                    Queue(slot, number);
            }
        }
    }

    public ulong[] Oldest() => [.. due.Select(ring => ring.Count == 0 ? HeartbeatPlan.Nothing : ring.Min(slot => slot.Since!.Value))];

    private void Mark(Slot slot, int number, ulong now)
    {
        slot.Since ??= now;
        if (!slot.IsDue && !slot.IsResting)
            Queue(slot, number);
    }

    private void Queue(Slot slot, int number)
    {
        slot.IsDue = true;
        due[number].Enqueue(slot);
    }

    private void Take(int number, int most, ulong now, ref int left)
    {
        for (; most > 0 && due[number].TryDequeue(out Slot? slot); most--, left--)
        {
            Worst[number] = Math.Max(Worst[number], now - slot.Since!.Value);
            (slot.Since, slot.IsDue, slot.Left) = (null, false, now);
            if (classes[number].Pause == 0)
                continue;
            slot.IsResting = true;
            resting[number].Enqueue(slot);
        }
    }

    private sealed class Slot
    {
        public ulong? Since { get; set; }

        public bool IsDue { get; set; }

        public bool IsResting { get; set; }

        public ulong Left { get; set; }
    }
}
