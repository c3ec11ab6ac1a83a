using OppTel.Wire;

namespace OppTel.Host.Fallback;

/// <summary>
/// Sends the values of critical slots in frames of their own until they are acknowledged. In each round go the slots that changed since
/// they were sent last, and those whose frame was lost: with the value that they have now, since values are absolute. At most 64 frames are
/// unacknowledged and 16 leave in a round; while nobody answers, it is one in a round, and rounds become rarer. Times are nanoseconds.
/// </summary>
/// <param name="interval">From one round to the next.</param>
/// <param name="firstNumber">Random start of the numbers.</param>
public sealed class DedicatedSender(ulong interval, uint firstNumber)
{
    /// <summary>Slots that it takes care of at most.</summary>
    public const int MostSlots = 8192;

    /// <summary>An acknowledgement takes a beacon's interval, and the aggregator's time to look.</summary>
    public const ulong Timeout = 400_000_000;

    private const int MostFrames = 16;
    private const int MostBackOff = 3;

    /// <summary>Longest time from the stamp to the last value that is read under it: a thread may lose its CPU.</summary>
    private const ulong LongestReading = 1_000_000;

    private readonly ValueRecord[] records = new ValueRecord[byte.MaxValue];
    private readonly SentSlot[] picked = new SentSlot[byte.MaxValue];
    private readonly FramesInFlight frames = new(firstNumber);
    private List<SentSlot> slots = [];
    private ulong nextRound;
    private int cursor;
    private int backOff;

    /// <summary>Takes one trailer as the payload of a dedicated frame.</summary>
    public delegate void Transmit(ReadOnlySpan<byte> payload);

    /// <summary>What became of its frames.</summary>
    public DedicatedCounts Counts { get; private set; }

    /// <summary>Slots that it takes care of.</summary>
    public int Slots => slots.Count;

    /// <summary>Critical slots beyond <see cref="MostSlots"/>.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Slots whose last value is not acknowledged.</summary>
    public int Unacknowledged => slots.Count(slot => slot.State != SlotFate.Acknowledged);

    /// <summary>Takes care of these slots from now on; one that has another owner or another name begins anew.</summary>
    public void Follow(IEnumerable<CriticalSlot> wanted)
    {
        Dictionary<CriticalSlot, SentSlot> known = slots.ToDictionary(slot => slot.Slot);
        List<SentSlot> next = [];
        LeftOut = 0;
        foreach (CriticalSlot slot in wanted)
        {
            if (next.Count == MostSlots)
                LeftOut++;
            else
                next.Add(known.TryGetValue(slot, out SentSlot? sent) ? sent : new SentSlot(slot));
        }

        slots = next;
    }

    /// <summary>The other side has nothing, or what it has is unknown: everything has to be sent.</summary>
    public void Reset()
    {
        Counts = Counts with { GivenUp = Counts.GivenUp + (ulong)frames.Expire(ulong.MaxValue) };
        slots.ForEach(slot => slot.State = SlotFate.Unsent);
        backOff = 0;
    }

    /// <summary>Takes in which frames have arrived.</summary>
    public void Acknowledge(DedicatedArrivals arrivals)
    {
        (int acknowledged, int lost) = frames.Acknowledge(arrivals);
        if (acknowledged > 0)
            backOff = 0;
        Settle(acknowledged, lost);
    }

    /// <summary>Sends what is due, if it is time.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="epoch">Explains all slots.</param>
    /// <param name="values">Where they are read.</param>
    /// <param name="maxPayload">Most bytes of a trailer.</param>
    /// <param name="transmit">Sends.</param>
    public void Round(ulong now, ushort epoch, ISlotValues values, int maxPayload, Transmit transmit)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (now < nextRound)
            return;
        ulong timeout = Timeout << backOff;
        int late = now > timeout ? frames.Expire(now - timeout) : 0;
        backOff = late > 0 ? Math.Min(backOff + 1, MostBackOff) : backOff;
        Settle(0, late);
        nextRound = now + (interval << backOff);
        int room = Math.Clamp((maxPayload - WireFormat.FooterSize) / WireFormat.ValueSize, 0, byte.MaxValue);
        int looked = 0;
        for (int left = backOff == 0 ? MostFrames : 1; left > 0 && frames.HasRoom && looked < slots.Count; left--)
        {
            (ulong stamp, int count, int seen) = Read(values, room, slots.Count - looked);
            looked += seen;
            cursor = slots.Count == 0 ? 0 : (cursor + seen) % slots.Count;
            if (count > 0)
                Send(now, stamp, epoch, count, transmit);
        }
    }

    /// <summary>Reads slots from the cursor on, and picks those that are due: all under a stamp that is not later than any of their values.</summary>
    private (ulong Stamp, int Count, int Seen) Read(ISlotValues values, int room, int most)
    {
        (ulong Stamp, int Count, int Seen) result = default;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            result = (values.Now, 0, 0);
            for (; result.Seen < most && result.Count < room; result.Seen++)
            {
                SentSlot slot = slots[(cursor + result.Seen) % slots.Count];
                ulong value = values.ValueOf(slot.Slot.Slot) & WireFormat.Mask48;
                if (!slot.IsDue(value))
                    continue;
                (records[result.Count], picked[result.Count]) = (new ValueRecord((ushort)slot.Slot.Slot, value), slot);
                result.Count++;
            }

            if (values.Now - result.Stamp <= LongestReading)
                break;
        }

        return result;
    }

    private void Send(ulong now, ulong stamp, ushort epoch, int count, Transmit transmit)
    {
        Span<byte> payload = stackalloc byte[WireFormat.FooterSize + (byte.MaxValue * WireFormat.ValueSize)];
        payload = payload[..TrailerWriter.Size(count, 0, 0, TrailerFlags.None)];
        uint number = frames.Send(now);
        Footer footer = Footer.Create(stamp, DedicatedArrivals.Stream, number, epoch, (byte)count, 0, TrailerFlags.None, 0);
        TrailerWriter.Write(payload, footer, records.AsSpan(0, count), []);
        int again = 0;
        for (int index = 0; index < count; index++)
        {
            again += picked[index].State == SlotFate.Lost ? 1 : 0;
            picked[index].Sent(number, records[index].Raw);
        }

        Counts = Counts with
        {
            Sent = Counts.Sent + 1,
            Values = Counts.Values + (ulong)count,
            Retransmitted = Counts.Retransmitted + (ulong)again,
        };
        transmit(payload);
    }

    private void Settle(int acknowledged, int lost)
    {
        if (acknowledged + lost == 0)
            return;
        Counts = Counts with { Acknowledged = Counts.Acknowledged + (ulong)acknowledged, Lost = Counts.Lost + (ulong)lost };
        foreach (SentSlot slot in slots)
            slot.Settle(frames);
    }
}
