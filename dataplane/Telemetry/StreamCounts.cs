namespace OppTel.Telemetry;

/// <summary>What became of the trailers of one stream.</summary>
/// <param name="Stream">CPU number of the host.</param>
/// <param name="Epoch">Catalog epoch of the trailer with the highest number.</param>
/// <param name="Highest">Highest number seen since the sender started.</param>
/// <param name="Received">Trailers that arrived, duplicates and late ones included.</param>
/// <param name="Lost">Numbers that are lost for good: more than 64 newer ones were seen, or the sender restarted. Never decreases.</param>
/// <param name="Missing">Numbers among the newest 64 that have not arrived: late or lost, time will tell.</param>
/// <param name="Duplicate">Trailers whose number had arrived before.</param>
/// <param name="Reordered">Trailers that arrived after one with a higher number.</param>
public readonly record struct StreamCounts(
    ushort Stream, ushort Epoch, uint Highest, ulong Received, ulong Lost, int Missing, ulong Duplicate, ulong Reordered)
{
    internal static StreamCounts Of(ushort stream, in StreamWindow window) => new(
        stream, window.Epoch, window.Highest, window.Received, window.Lost, window.Missing, window.Duplicate, window.Reordered);

    /// <summary>The counts of a sender that is gone: what is missing is lost.</summary>
    internal StreamCounts Closed => this with { Lost = Lost + (ulong)Missing, Missing = 0 };

    /// <summary>These counts after <paramref name="earlier"/> ones of the same stream.</summary>
    internal StreamCounts After(in StreamCounts earlier) => this with
    {
        Received = Received + earlier.Received,
        Lost = Lost + earlier.Lost,
        Missing = Missing + earlier.Missing,
        Duplicate = Duplicate + earlier.Duplicate,
        Reordered = Reordered + earlier.Reordered,
    };
}
