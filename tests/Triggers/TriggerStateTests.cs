using CsCheck;
using OppTel.Triggers.Conditions;

namespace OppTel.Triggers.Tests;

/// <summary>When a trigger fires, against an oracle that looks back over all rounds.</summary>
public sealed class TriggerStateTests
{
    private static readonly string[] Hosts = ["a", "b", "c"];

    /// <summary>Rounds: time since the one before, and for which hosts the condition is true.</summary>
    private static readonly Gen<(ulong HoldOff, (int Wait, bool[] Holds)[] Rounds)> History = Gen.Select(
        Gen.Int[0, 100].Select(time => (ulong)time),
        Gen.Select(Gen.Int[0, 30], Gen.Frequency((1, Gen.Bool), (1, Gen.Const(true)), (1, Gen.Const(false))).Array[Hosts.Length]).Array[1, 80]);

    [Fact]
    public void ItFiresWhenLookingBackSaysSo() => History.Sample((holdOff, rounds) =>
    {
        TriggerState state = new(holdOff);
        List<(ulong Time, string Host)> fired = [];
        List<string> now = [];
        ulong time = 0;
        ulong[] times = [.. rounds.Select(round => time += (ulong)round.Wait)];
        for (int index = 0; index < rounds.Length; index++)
        {
            foreach (string host in Hosts.Where((_, host) => rounds[index].Holds[host]))
                state.Note(host);
            state.End(times[index], now);
            fired.AddRange(now.Select(host => (times[index], host)));
            now.Clear();
            Assert.Equal(PhaseOf(holdOff, times, rounds, index), state.Phase);
        }

        (List<(ulong Time, string Host)> expected, ulong suppressed) = LookBack(holdOff, times, rounds, rounds.Length);
        Assert.Equal(expected.Order(), fired.Order());
        Assert.Equal(((ulong)expected.Count, suppressed), (state.Fired, state.Suppressed));
    });

    [Fact]
    public void HostsAreBounded()
    {
        TriggerState state = new(1000);
        List<string> fired = [];
        for (int host = 0; host < TriggerState.MaxHosts + 5; host++)
            state.Note($"host {host}");
        state.End(1, fired);
        Assert.Equal((TriggerState.MaxHosts, 5ul), (fired.Count, state.Overflows));
        // Behind the hold-off, those that do not hold any more make room.
        state.End(1001, fired);
        state.Note("new");
        state.End(1002, fired);
        Assert.Equal("new", fired[^1]);
    }

    /// <summary>For each stretch of rounds in which it holds: the first round behind the hold-off fires.</summary>
    private static (List<(ulong Time, string Host)> Fired, ulong Suppressed) LookBack(
        ulong holdOff, ulong[] times, (int Wait, bool[] Holds)[] rounds, int count)
    {
        List<(ulong, string)> fired = [];
        ulong suppressed = 0;
        for (int host = 0; host < Hosts.Length; host++)
        {
            ulong? last = null;
            bool hasFired = false;
            for (int round = 0; round < count; round++)
            {
                if (!rounds[round].Holds[host])
                    continue;
                bool begins = round == 0 || !rounds[round - 1].Holds[host];
                hasFired &= !begins;
                bool isHeldOff = last is { } before && times[round] - before < holdOff;
                suppressed += begins && isHeldOff ? 1u : 0;
                if (hasFired || isHeldOff)
                    continue;
                fired.Add((times[round], Hosts[host]));
                (hasFired, last) = (true, times[round]);
            }
        }

        return (fired, suppressed);
    }

    private static TriggerPhase PhaseOf(ulong holdOff, ulong[] times, (int Wait, bool[] Holds)[] rounds, int index)
    {
        List<(ulong Time, string Host)> fired = LookBack(holdOff, times, rounds, index + 1).Fired;
        bool isFiring = Enumerable.Range(0, Hosts.Length).Any(host =>
        {
            int first = index;
            while (first >= 0 && rounds[first].Holds[host])
                first--;
            // Of rounds at the same time, those of this stretch count by their number.
            int before = LookBack(holdOff, times, rounds, first + 1).Fired.Count(entry => entry.Host == Hosts[host]);
            return first < index && fired.Count(entry => entry.Host == Hosts[host]) > before;
        });
        if (isFiring)
            return TriggerPhase.Firing;
        return fired.Exists(entry => times[index] - entry.Time < holdOff) ? TriggerPhase.HeldOff : TriggerPhase.Armed;
    }
}
