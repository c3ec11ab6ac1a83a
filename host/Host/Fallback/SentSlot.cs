namespace OppTel.Host.Fallback;

/// <summary>What is known of the last value of a slot that was sent.</summary>
internal enum SlotFate
{
    /// <summary>None was.</summary>
    Unsent,

    /// <summary>It is on its way.</summary>
    InFlight,

    /// <summary>It arrived.</summary>
    Acknowledged,

    /// <summary>Its frame was lost.</summary>
    Lost,
}

/// <summary>One slot that a sender takes care of.</summary>
/// <param name="slot">The slot and its owner.</param>
internal sealed class SentSlot(CriticalSlot slot)
{
    private ulong value;
    private uint frame;

    /// <summary>The slot and its owner.</summary>
    public CriticalSlot Slot { get; } = slot;

    /// <summary>What is known of its last value.</summary>
    public SlotFate State { get; set; }

    /// <summary>Whether it has to be sent, as it holds this now.</summary>
    public bool IsDue(ulong current) => State is SlotFate.Unsent or SlotFate.Lost || current != value;

    /// <summary>Notes that it left in a frame.</summary>
    public void Sent(uint number, ulong current) => (frame, value, State) = (number, current, SlotFate.InFlight);

    /// <summary>Looks what became of that frame.</summary>
    public void Settle(FramesInFlight frames)
    {
        if (State == SlotFate.InFlight && frames.FateOf(frame) is not FrameFate.Open and var fate)
            State = fate == FrameFate.Acknowledged ? SlotFate.Acknowledged : SlotFate.Lost;
    }
}
