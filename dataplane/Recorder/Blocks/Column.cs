namespace OppTel.Recorder.Blocks;

/// <summary>The columns of a stored block, in the order in which they are stored.</summary>
internal enum Column
{
    /// <summary>Series by their rank, those with most records first: difference of ids, number of records.</summary>
    Index = 0,

    /// <summary>Where trailers came from: host, stream, clock offset, first stamp.</summary>
    Sources = 1,

    /// <summary>For each trailer its source.</summary>
    SourceOf = 2,

    /// <summary>For each trailer its stamp, as the difference to the one before of the same source.</summary>
    Stamps = 3,

    /// <summary>For each trailer the number of values.</summary>
    Values = 4,

    /// <summary>For each trailer the number of samples; empty when there are none at all.</summary>
    Samples = 5,

    /// <summary>For each sample its age, as the difference to the one before in the same trailer.</summary>
    Ages = 6,

    /// <summary>For each record the rank of its series, as the difference to the one before; in a trailer they are sorted by it.</summary>
    Ranks = 7,

    /// <summary>Series by series, for each record a token of the <see cref="DeltaModel"/>.</summary>
    Tokens = 8,

    /// <summary>In the order of the tokens, the highest byte of each step.</summary>
    HighBytes = 9,

    /// <summary>In the order of the tokens, the other bytes of each step.</summary>
    LowBytes = 10,
}

/// <summary>Facts about columns.</summary>
internal static class Columns
{
    /// <summary>Number of columns.</summary>
    public const int Count = 11;

    /// <summary>Whether it stays as it is, so that looking for a series is quick.</summary>
    public static bool IsPlain(Column column) => column is Column.Index or Column.Sources;
}
