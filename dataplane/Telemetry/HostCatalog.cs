using Google.Protobuf;
using OppTel.Catalog;

namespace OppTel.Telemetry;

/// <summary>
/// What the slots of one host mean, epoch by epoch. A trailer is read by what its slots meant in its own epoch; of an epoch
/// that is not complete here nothing is guessed. An update that is wrong in any way changes nothing.
/// </summary>
public sealed class HostCatalog
{
    private readonly SeriesTable table;
    private readonly CatalogLimits limits;
    private readonly CatalogValidator validator;
    private readonly Func<string, ulong, HostIdentity?> claimName;
    private readonly SlotMeanings slots;
    private readonly List<ushort> epochs = [];
    private readonly List<CatalogAssembly> pending = [];
    private Dictionary<uint, Metric> metrics = [];

    /// <summary>An empty catalog.</summary>
    /// <param name="table">Where its series live.</param>
    /// <param name="limits">What the host may ask for.</param>
    /// <param name="claimName">Gives the identity for a host name at a time of the DPU's clock; null when another host has it.</param>
    public HostCatalog(SeriesTable table, CatalogLimits limits, Func<string, ulong, HostIdentity?> claimName)
    {
        this.table = table;
        this.limits = limits;
        this.claimName = claimName;
        validator = new CatalogValidator(limits);
        slots = new SlotMeanings(limits.SlotHistory);
    }

    /// <summary>The newest complete epoch; 0 for none.</summary>
    public ushort Epoch { get; private set; }

    /// <summary>Metrics of the sender by id, each bucket of a histogram one; for any thread: it is replaced as a whole.</summary>
    public IReadOnlyDictionary<uint, Metric> Metrics => Volatile.Read(ref metrics);

    /// <summary>The host, once it said its name.</summary>
    public HostIdentity? Host { get; private set; }

    /// <summary>Whether this epoch was completed here, recently enough to be remembered. Allocates nothing.</summary>
    public bool IsComplete(ushort epoch)
    {
        if (epoch == Epoch)
            return epoch != 0;
        return epochs.Contains(epoch);
    }

    /// <summary>The series that a slot carried in a complete epoch; null when none, or when a newer slot has it. Allocates nothing.</summary>
    public Series? Find(ushort slot, ushort epoch) => slots.Find(slot, epoch) is { } series && series.Holder == slot ? series : null;

    /// <summary>Takes one catalog frame.</summary>
    /// <param name="payload">A CatalogUpdate.</param>
    /// <param name="now">The DPU's clock, in nanoseconds.</param>
    public CatalogOutcome Take(ReadOnlySpan<byte> payload, ulong now)
    {
        CatalogUpdate part;
        try
        {
            part = CatalogUpdate.Parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException)
        {
            return CatalogOutcome.Malformed;
        }

        if (validator.FindProblem(part) is { } problem)
            return problem;
        ushort epoch = (ushort)part.Epoch;
        if (IsComplete(epoch))
            return CatalogOutcome.Known;
        if (Epoch != 0 && EpochNumber.Distance(Epoch, epoch) < 0)
            return CatalogOutcome.Stale;
        return Host is not null && Host.Name != part.Host ? CatalogOutcome.BadHost : Collect(part, now);
    }

    /// <summary>The sender is a new one: its catalog starts from nothing, and so do its counters and its clock.</summary>
    public void Restart(ulong now)
    {
        for (int slot = 0; slot <= ushort.MaxValue; slot++)
        {
            Series? held = slots.Newest(slot);
            held?.Restart();
            held?.Release(slot, now);
        }

        slots.Clear();
        epochs.Clear();
        pending.Clear();
        Volatile.Write(ref metrics, []);
        Epoch = 0;
        Host = null;
    }

    private CatalogOutcome Collect(CatalogUpdate part, ulong now)
    {
        CatalogOutcome outcome = CatalogOutcome.Waiting;
        CatalogAssembly? assembly = pending.Find(candidate => candidate.Matches(part));
        if (assembly is not null && assembly.Contradicts(part))
        {
            pending.Remove(assembly);
            assembly = null;
            outcome = CatalogOutcome.Inconsistent;
        }

        if (assembly is null)
        {
            assembly = new CatalogAssembly(part);
            if (pending.Count == limits.PendingUpdates)
                pending.RemoveAt(0);
            pending.Add(assembly);
        }

        if (!assembly.TryAdd(part))
            return CatalogOutcome.Known;
        if (pending.Sum(candidate => (long)candidate.Bytes) > limits.PendingBytes)
        {
            pending.Remove(assembly);
            return CatalogOutcome.TooLarge;
        }

        return ApplyReady(assembly, now) ?? outcome;
    }

    /// <summary>Applies what has become complete; the result is that of <paramref name="collected"/>, null while it waits.</summary>
    private CatalogOutcome? ApplyReady(CatalogAssembly collected, ulong now)
    {
        CatalogOutcome? result = null;
        while (pending.Find(IsReady) is { } ready)
        {
            pending.Remove(ready);
            CatalogOutcome outcome = Apply(ready, now);
            if (ready == collected || outcome == CatalogOutcome.Applied)
                result = outcome;
            pending.RemoveAll(candidate => Epoch != 0 && EpochNumber.Distance(Epoch, candidate.Epoch) <= 0);
        }

        return result;
    }

    private bool IsReady(CatalogAssembly assembly) => assembly.IsComplete && (assembly.IsWhole || IsComplete(assembly.BaseEpoch));

    private CatalogOutcome Apply(CatalogAssembly update, ulong now)
    {
        CatalogDraft draft = new(validator, limits, update, metrics);
        if (draft.FindProblem() is { } problem)
            return problem;
        Host ??= claimName(update.Host, now);
        if (Host?.Name != update.Host)
            return CatalogOutcome.BadHost;

        bool isOnTop = !update.IsWhole && update.BaseEpoch == Epoch;
        List<int> changing = isOnTop
            ? [.. draft.Slots.Keys]
            : [.. Enumerable.Range(0, ushort.MaxValue + 1).Where(slot => draft.Slots.ContainsKey(slot) || slots.Newest(slot) is not null
                || (!update.IsWhole && slots.Find((ushort)slot, update.BaseEpoch) is not null))];
        Series?[] before = [.. changing.Select(slots.Newest)];
        for (int index = 0; index < changing.Count; index++)
            before[index]?.Release(changing[index], now);
        // The base is still looked up below: what slots had to forget counts afterwards.
        ushort remembered = epochs.Count == 0 ? update.Epoch : epochs[0];
        for (int index = 0; index < changing.Count; index++)
        {
            int slot = changing[index];
            Series? after = draft.Slots.TryGetValue(slot, out SlotDraft? meaning)
                ? meaning is null ? null : table.Acquire(slot, Host, meaning.Metric, meaning.Entity)
                : update.IsWhole || slots.Find((ushort)slot, update.BaseEpoch) is not { } former ? null : table.AcquireAgain(slot, former);
            if (after != before[index] && slots.Set(slot, update.Epoch, after) is { } known && EpochNumber.Distance(remembered, known) > 0)
                remembered = known;
        }

        Volatile.Write(ref metrics, draft.Metrics);
        Enter(update.Epoch, remembered);
        return CatalogOutcome.Applied;
    }

    /// <summary>Epochs before <paramref name="remembered"/> are complete no more; the others are, for every slot.</summary>
    private void Enter(ushort epoch, ushort remembered)
    {
        Epoch = epoch;
        epochs.Add(epoch);
        // A host may leap; what lies half the number range back would compare as newer.
        int outdated = epochs.FindLastIndex(known => EpochNumber.Distance(known, epoch) is < 0 or > short.MaxValue / 2
            || EpochNumber.Distance(remembered, known) < 0);
        int excess = Math.Max(outdated + 1, epochs.Count - limits.EpochHistory);
        if (excess <= 0)
            return;
        epochs.RemoveRange(0, excess);
        slots.Forget(epochs[0]);
    }
}
