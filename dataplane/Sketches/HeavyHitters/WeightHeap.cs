namespace OppTel.Sketches.HeavyHitters;

/// <summary>Entries by weight, the lightest on top: a binary heap that knows the place of each entry.</summary>
/// <param name="capacity">Entries at most.</param>
internal sealed class WeightHeap(int capacity)
{
    private readonly int[] entries = new int[capacity];
    private readonly int[] places = new int[capacity];
    private readonly double[] weights = new double[capacity];

    /// <summary>Entries in the heap; they are numbered from 0.</summary>
    public int Count { get; private set; }

    /// <summary>The lightest entry.</summary>
    public int Lightest => entries[0];

    /// <summary>The weight of an entry.</summary>
    public double this[int entry] => weights[entry];

    /// <summary>Adds an entry; its number is that of entries before.</summary>
    public int Push(double weight)
    {
        int entry = Count++, place = entry;
        weights[entry] = weight;
        while (place > 0 && weights[entries[(place - 1) / 2]] > weight)
        {
            Put(entries[(place - 1) / 2], place);
            place = (place - 1) / 2;
        }

        Put(entry, place);
        return entry;
    }

    /// <summary>Makes an entry heavier.</summary>
    public void Increase(int entry, double weight)
    {
        weights[entry] = weight;
        int place = places[entry];
        for (int child = LighterChild(place); child < Count && weights[entries[child]] < weight; child = LighterChild(place))
        {
            Put(entries[child], place);
            place = child;
        }

        Put(entry, place);
    }

    /// <summary>Takes all entries away.</summary>
    public void Clear() => Count = 0;

    private int LighterChild(int place)
    {
        int child = (2 * place) + 1;
        return child + 1 < Count && weights[entries[child + 1]] < weights[entries[child]] ? child + 1 : child;
    }

    private void Put(int entry, int place)
    {
        entries[place] = entry;
        places[entry] = place;
    }
}
