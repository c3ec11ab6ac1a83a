using OppTel.Segment;

namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>
/// One direction of a link: a thread that takes frames from one packet socket, does to them what <see cref="Faults"/> says at that
/// moment, and sends them by another. It keeps their order but where it is told otherwise.
/// </summary>
internal sealed class LinkDirection : IDisposable
{
    /// <summary>Frames that overtake a reordered one at most: fewer than a receiver's window.</summary>
    public const int LongestOvertaking = 8;

    private const int Burst = 64, MostHeld = 1 << 16;

    /// <summary>When too little follows a reordered frame, it goes on after this.</summary>
    private const ulong OvertakingNanoseconds = 5_000_000;

    private static readonly TimeSpan LookUp = TimeSpan.FromMilliseconds(20);

    private readonly PacketSocket from, to;
    private readonly Random random;
    private readonly Thread thread;
    private readonly Queue<HeldFrame> delayed = [];
    private readonly List<HeldFrame> overtaken = [];
    private readonly Stack<byte[]> rooms = [];
    private readonly Lock guard = new();
    private LinkCounts counts;
    private ulong lastRelease;
    private volatile LinkFaults faults = LinkFaults.None;
    private volatile bool stop;
    private volatile Exception? failure;

    public LinkDirection(string name, PacketSocket from, PacketSocket to, int seed)
    {
        this.from = from;
        this.to = to;
        random = new Random(seed);
        thread = new Thread(Run) { Name = $"link {name}" };
        thread.Start();
    }

    /// <summary>What happens to frames from now on.</summary>
    public LinkFaults Faults
    {
        get => faults;
        set => faults = value;
    }

    /// <summary>What has happened so far.</summary>
    public LinkCounts Counts
    {
        get
        {
            if (failure is { } exception)
                throw new IOException($"the {thread.Name} has ended", exception);
            lock (guard)
                return counts with { Held = delayed.Count + overtaken.Count };
        }
    }

    /// <summary>The trailers that came and went.</summary>
    public TrailerLedger Trailers { get; } = new();

    public void Dispose()
    {
        stop = true;
        thread.Join();
    }

    private void Run()
    {
        byte[] room = new byte[PacketSocket.LongestFrame];
        try
        {
            while (!stop)
            {
                if (!Turn(room))
                    from.Wait(NextRelease());
            }
        }
        catch (IOException exception)
        {
            failure = exception;
        }
    }

    private bool Turn(byte[] room)
    {
        lock (guard)
        {
            int taken = 0;
            while (taken < Burst && from.TryReceive(room, out int length, out _))
            {
                Take(room.AsSpan(0, length));
                taken++;
            }

            Release(Boottime.Now);
            return taken != 0;
        }
    }

    private void Take(Span<byte> frame)
    {
        counts = counts with { Received = counts.Received + 1 };
        if (TrailerIdentity.TryRead(frame, out TrailerIdentity trailer))
            Trailers.Enter(trailer);
        LinkFaults now = faults;
        if (now.Only is { } only && !only(frame))
            now = LinkFaults.None;
        if (Happens(now.Loss))
        {
            counts = counts with { Lost = counts.Lost + 1 };
            return;
        }

        if (Happens(now.Corruption))
        {
            frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
            counts = counts with { Corrupted = counts.Corrupted + 1 };
        }

        Delay(frame, now);
        if (Happens(now.Duplication))
        {
            counts = counts with { Duplicated = counts.Duplicated + 1 };
            Delay(frame, now);
        }
    }

    /// <summary>Holds a frame for its time; one that has none goes on at once, unless others wait before it.</summary>
    private void Delay(ReadOnlySpan<byte> frame, LinkFaults now)
    {
        int overtakers = Happens(now.Reordering) ? 1 + random.Next(LongestOvertaking) : 0;
        ulong wait = (ulong)(now.Delay + (now.Jitter * random.NextDouble())).TotalNanoseconds;
        if (wait == 0 && delayed.Count == 0)
        {
            Pass(frame, overtakers);
            return;
        }

        lastRelease = Math.Max(lastRelease, Boottime.Now + wait);
        if (TryHold(frame, lastRelease, overtakers, out HeldFrame held))
            delayed.Enqueue(held);
    }

    private void Release(ulong now)
    {
        while (delayed.TryPeek(out HeldFrame next) && next.Release <= now)
        {
            delayed.Dequeue();
            Pass(next.Frame, next.Overtakers);
            rooms.Push(next.Bytes);
        }

        LetGo(now);
    }

    private void Pass(ReadOnlySpan<byte> frame, int overtakers)
    {
        if (overtakers != 0)
        {
            if (TryHold(frame, Boottime.Now + OvertakingNanoseconds, overtakers, out HeldFrame held))
                overtaken.Add(held);
            return;
        }

        Transmit(frame);
        for (int index = 0; index < overtaken.Count; index++)
            overtaken[index] = overtaken[index] with { Passed = overtaken[index].Passed + 1 };
        LetGo(now: 0);
    }

    /// <summary>Sends what enough frames have overtaken, or what nothing more comes behind.</summary>
    private void LetGo(ulong now)
    {
        for (int index = 0; index < overtaken.Count; index++)
        {
            HeldFrame held = overtaken[index];
            if (held.Passed < held.Overtakers && held.Release > now)
                continue;
            overtaken.RemoveAt(index--);
            counts = counts with { Reordered = counts.Reordered + (held.Passed > 0 ? 1 : 0) };
            Transmit(held.Frame);
            rooms.Push(held.Bytes);
        }
    }

    private void Transmit(ReadOnlySpan<byte> frame)
    {
        if (!to.TrySend(frame))
        {
            counts = counts with { Refused = counts.Refused + 1 };
            return;
        }

        counts = counts with { Sent = counts.Sent + 1 };
        if (TrailerIdentity.TryRead(frame, out TrailerIdentity trailer))
            Trailers.Leave(trailer);
    }

    private bool TryHold(ReadOnlySpan<byte> frame, ulong release, int overtakers, out HeldFrame held)
    {
        if (delayed.Count + overtaken.Count >= MostHeld)
        {
            counts = counts with { Overflowed = counts.Overflowed + 1 };
            held = default;
            return false;
        }

        if (!rooms.TryPop(out byte[]? room) || room.Length < frame.Length)
            room = new byte[Math.Max(2048, frame.Length)];
        frame.CopyTo(room);
        held = new HeldFrame(room, frame.Length, release, overtakers, Passed: 0);
        return true;
    }

    private TimeSpan NextRelease()
    {
        ulong first = delayed.TryPeek(out HeldFrame next) ? next.Release : ulong.MaxValue;
        foreach (HeldFrame held in overtaken)
            first = Math.Min(first, held.Release);
        ulong now = Boottime.Now;
        return first <= now ? TimeSpan.Zero : first - now > LookUp.TotalNanoseconds ? LookUp : TimeSpan.FromTicks((long)(first - now) / 100);
    }

    private bool Happens(double probability) => probability > 0 && random.NextDouble() < probability;
}
