namespace OppTel.Sketches.HeavyHitters;

/// <summary>
/// The heaviest keys of a stream, by the SpaceSaving algorithm of Metwally, Agrawal and El Abbadi, with weights. It remembers a fixed number of
/// keys; a new one takes the place of the lightest and inherits its weight as its possible error. So the true weight of a key lies
/// between its bounds, and each key that weighs more than <see cref="Total"/> / <see cref="Capacity"/> is among them.
/// </summary>
/// <remarks>One thread at a time. Adding allocates nothing: a look-up, and at most log2(capacity) exchanges in a heap.</remarks>
/// <typeparam name="TKey">What is counted: a number, or a structure of some.</typeparam>
public sealed class SpaceSaving<TKey>
    where TKey : struct, IEquatable<TKey>
{
    private readonly KeyTable<TKey> keys;
    private readonly WeightHeap upper;
    private readonly double[] lower;
    private double unseen;

    /// <summary>An empty summary.</summary>
    /// <param name="capacity">Keys to remember.</param>
    public SpaceSaving(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        keys = new KeyTable<TKey>(capacity);
        upper = new WeightHeap(capacity);
        lower = new double[capacity];
    }

    /// <summary>Keys that it remembers at most.</summary>
    public int Capacity => lower.Length;

    /// <summary>Keys that it remembers.</summary>
    public int Count => upper.Count;

    /// <summary>The weight of all that was added.</summary>
    public double Total { get; private set; }

    /// <summary>What a key that it does not remember weighs at most.</summary>
    public double Unseen => Count == Capacity ? upper[upper.Lightest] : unseen;

    /// <summary>Adds weight to a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="weight">One that is not above zero, or not finite, is not added.</param>
    public void Add(TKey key, double weight = 1)
    {
        if (!(weight > 0) || !double.IsFinite(weight))
            return;
        Total += weight;
        int entry = keys.Find(key);
        if (entry >= 0)
        {
            lower[entry] += weight;
            upper.Increase(entry, upper[entry] + weight);
        }
        else
        {
            Remember(new HeavyHitter<TKey>(key, weight, Unseen + weight));
        }
    }

    /// <summary>The bounds of a key.</summary>
    /// <returns>False when it is not remembered; it then weighs between nothing and <see cref="Unseen"/>.</returns>
    public bool TryGet(TKey key, out HeavyHitter<TKey> hitter)
    {
        int entry = keys.Find(key);
        hitter = entry >= 0 ? At(entry) : default;
        return entry >= 0;
    }

    /// <summary>Writes the heaviest keys by their upper bounds, the heaviest first.</summary>
    /// <param name="hitters">Room for those that are wanted.</param>
    /// <returns>How many were written.</returns>
    public int Top(Span<HeavyHitter<TKey>> hitters)
    {
        int written = 0;
        for (int entry = 0; entry < Count; entry++)
        {
            int place = written;
            while (place > 0 && hitters[place - 1].Upper < upper[entry])
                place--;
            if (place == hitters.Length)
                continue;
            written = Math.Min(written + 1, hitters.Length);
            hitters[place..(written - 1)].CopyTo(hitters[(place + 1)..]);
            hitters[place] = At(entry);
        }

        return written;
    }

    /// <summary>
    /// Adds what another one has seen: the bounds hold for both streams together, and each key above <see cref="Total"/> divided by the smaller
    /// capacity is remembered. Allocates.
    /// </summary>
    public void Merge(SpaceSaving<TKey> other)
    {
        HeavyHitter<TKey>[] all = [.. All().Select(hitter => Together(hitter, other)), .. other.All().Where(hitter => keys.Find(hitter.Key) < 0).Select(hitter => Together(hitter, this))];
        double total = Total + other.Total, neither = Unseen + other.Unseen;
        Clear();
        Total = total;
        unseen = neither;
        foreach (HeavyHitter<TKey> hitter in all.OrderByDescending(hitter => hitter.Upper).Take(Capacity))
            Remember(hitter);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        keys.Clear();
        upper.Clear();
        (Total, unseen) = (0, 0);
    }

    /// <summary>Gives a key a place, that of the lightest when there is none left.</summary>
    private void Remember(HeavyHitter<TKey> hitter)
    {
        int entry;
        if (Count < Capacity)
        {
            entry = upper.Push(hitter.Upper);
        }
        else
        {
            entry = upper.Lightest;
            keys.Remove(entry);
            upper.Increase(entry, hitter.Upper);
        }

        keys.Add(hitter.Key, entry);
        lower[entry] = hitter.Lower;
    }

    private static HeavyHitter<TKey> Together(HeavyHitter<TKey> one, SpaceSaving<TKey> other) => other.TryGet(one.Key, out HeavyHitter<TKey> two)
        ? new HeavyHitter<TKey>(one.Key, one.Lower + two.Lower, one.Upper + two.Upper)
        : one with { Upper = one.Upper + other.Unseen };

    private HeavyHitter<TKey> At(int entry) => new(keys[entry], lower[entry], upper[entry]);

    private IEnumerable<HeavyHitter<TKey>> All() => Enumerable.Range(0, Count).Select(At);
}
