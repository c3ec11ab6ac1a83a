namespace OppTel.Client;

/// <summary>
/// Finds a series by its tags, whatever their order, without a lock and without an allocation. Who adds makes a new table, so it is
/// for few additions and many look-ups.
/// </summary>
internal sealed class TagTable
{
    private readonly Entry?[] entries;
    private readonly int count;

    /// <summary>An empty one.</summary>
    public TagTable()
        : this(new Entry?[8], 0)
    {
    }

    private TagTable(Entry?[] entries, int count)
    {
        this.entries = entries;
        this.count = count;
    }

    /// <summary>The series, or null.</summary>
    public Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        int hash = Hash(tags);
        for (int index = hash & (entries.Length - 1); entries[index] is { } entry; index = (index + 1) & (entries.Length - 1))
        {
            if (entry.Hash == hash && AreSame(entry.Tags, tags))
                return entry.Series;
        }

        return null;
    }

    /// <summary>The same with one more.</summary>
    public TagTable With(ReadOnlySpan<KeyValuePair<string, object?>> tags, Series series)
    {
        Entry?[] next = new Entry?[2 * (count + 1) > entries.Length ? 2 * entries.Length : entries.Length];
        foreach (Entry? entry in entries)
        {
            if (entry is not null)
                Put(next, entry);
        }

        Put(next, new Entry(Hash(tags), tags.ToArray(), series));
        return new TagTable(next, count + 1);
    }

    private static void Put(Entry?[] entries, Entry entry)
    {
        int index = entry.Hash & (entries.Length - 1);
        while (entries[index] is not null)
            index = (index + 1) & (entries.Length - 1);
        entries[index] = entry;
    }

    /// <summary>A sum: the order does not count.</summary>
    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        uint sum = 0;
        foreach ((string name, object? value) in tags)
            sum += ((uint)name.GetHashCode(StringComparison.Ordinal) ^ ((uint)(value?.GetHashCode() ?? 0) * 0x9E3779B1)) * 0x85EBCA6B;
        return (int)(sum ^ (sum >> 15)) & int.MaxValue;
    }

    private static bool AreSame(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
            return false;
        for (int index = 0; index < tags.Length; index++)
        {
            // The same order is the usual case.
            if (!IsSame(known[index], tags[index]) && !Contains(known, tags[index]))
                return false;
        }

        return true;
    }

    private static bool Contains(KeyValuePair<string, object?>[] known, in KeyValuePair<string, object?> tag)
    {
        foreach (KeyValuePair<string, object?> other in known)
        {
            if (IsSame(other, tag))
                return true;
        }

        return false;
    }

    private static bool IsSame(in KeyValuePair<string, object?> one, in KeyValuePair<string, object?> other) =>
        one.Key == other.Key && (one.Value is string text ? text == other.Value as string : Equals(one.Value, other.Value));

    private sealed record Entry(int Hash, KeyValuePair<string, object?>[] Tags, Series Series);
}
