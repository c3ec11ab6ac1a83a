namespace OppTel.Triggers.Conditions;

/// <summary>
/// Whether a trigger fires, host by host, in rounds: all that holds is noted, then the round ends. It fires when its condition comes true
/// for a host, once for as long as it stays true. What would fire within the hold-off is counted, and fires behind it if it still is
/// true then. Times are nanoseconds of one clock. Allocates nothing in a round in which no host begins to hold.
/// </summary>
/// <param name="holdOff">Nanoseconds.</param>
internal sealed class TriggerState(ulong holdOff)
{
    /// <summary>Hosts that are told apart at a time; what comes beyond is passed over and counted.</summary>
    public const int MaxHosts = 256;

    private readonly Dictionary<string, HostState> hosts = new(StringComparer.Ordinal);

    /// <summary>Times that it fired.</summary>
    public ulong Fired { get; private set; }

    /// <summary>Times that the condition came true within a hold-off.</summary>
    public ulong Suppressed { get; private set; }

    /// <summary>Times that a host found no place.</summary>
    public ulong Overflows { get; private set; }

    /// <summary>As of the end of the last round.</summary>
    public TriggerPhase Phase { get; private set; }

    /// <summary>The condition is true for a host.</summary>
    public void Note(string host)
    {
        if (!hosts.TryGetValue(host, out HostState? state))
        {
            if (hosts.Count == MaxHosts)
            {
                Overflows++;
                return;
            }

            hosts.Add(host, state = new HostState());
        }

        state.IsNoted = true;
    }

    /// <summary>Ends a round.</summary>
    /// <param name="now">Nanoseconds, never less than before.</param>
    /// <param name="fired">Takes the hosts that it fires for.</param>
    public void End(ulong now, List<string> fired)
    {
        TriggerPhase phase = TriggerPhase.Armed;
        foreach ((string host, HostState state) in hosts)
        {
            if (EndHost(state, now))
                fired.Add(host);
            bool isHeldOff = state.HasFired && now - state.FiredAt < holdOff;
            if (state.IsHolding && !state.IsWaiting)
                phase = TriggerPhase.Firing;
            else if (isHeldOff && phase == TriggerPhase.Armed)
                phase = TriggerPhase.HeldOff;
            // Removal while enumerating is allowed for dictionaries.
            if (!state.IsHolding && !isHeldOff)
                hosts.Remove(host);
        }

        Phase = phase;
    }

    /// <summary>Returns whether it fires.</summary>
    private bool EndHost(HostState state, ulong now)
    {
        bool begins = state.IsNoted && !state.IsHolding;
        state.IsWaiting = state.IsNoted && (begins || state.IsWaiting);
        state.IsHolding = state.IsNoted;
        state.IsNoted = false;
        if (!state.IsWaiting)
            return false;
        if (state.HasFired && now - state.FiredAt < holdOff)
        {
            Suppressed += begins ? 1u : 0;
            return false;
        }

        (state.IsWaiting, state.HasFired, state.FiredAt) = (false, true, now);
        Fired++;
        return true;
    }

    private sealed class HostState
    {
        public bool IsNoted;
        public bool IsHolding;
        public bool IsWaiting;
        public bool HasFired;
        public ulong FiredAt;
    }
}

/// <summary>What a trigger does now; names in snake case are answers.</summary>
public enum TriggerPhase
{
    /// <summary>It fires when its condition comes true.</summary>
    Armed,

    /// <summary>It fired, and its condition is still true.</summary>
    Firing,

    /// <summary>It fired a short time ago, and waits.</summary>
    HeldOff,
}
