using OppTel.Producers;

namespace OppTel.Client;

/// <summary>The series of one instrument. Finding one that exists takes no lock and allocates nothing.</summary>
/// <param name="shape">Of the instrument.</param>
/// <param name="book">Makes new ones.</param>
/// <param name="changed">Told of new ones.</param>
internal sealed class InstrumentSeries(SeriesShape shape, SeriesBook book, Action changed)
{
    private readonly Lock gate = new();
    private TagTable table = new();
    private Series? untagged;
    private Series? overflow;
    private bool isFull;

    /// <summary>Takes a whole number.</summary>
    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Record(value);

    /// <summary>Takes a number.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Record(value);

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Series? found = tags.IsEmpty ? Volatile.Read(ref untagged) : Volatile.Read(ref table).Find(tags);
        if (found is not null)
            return found;
        if (!Volatile.Read(ref isFull))
            return Make(tags);
        book.CountOverflow();
        return overflow;
    }

    private Series? Make(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Series? made;
        lock (gate)
        {
            made = book.Find(shape, tags, out bool isFull);
            if (isFull)
            {
                overflow = made;
                Volatile.Write(ref this.isFull, true);
            }
            else if (made is null || tags.Length > ProducerProtocol.Labels || SeriesBook.IsOverflow(made))
            {
                // Not to be remembered: there is no end to tags that cannot be labels.
                return made;
            }
            else if (tags.IsEmpty)
            {
                Volatile.Write(ref untagged, made);
            }
            else if (table.Find(tags) is null)
            {
                Volatile.Write(ref table, table.With(tags, made));
            }
        }

        changed();
        return made;
    }
}
