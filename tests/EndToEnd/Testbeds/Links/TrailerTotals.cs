namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>What became of the trailers of some streams, by the numbers that arrived.</summary>
/// <param name="Received">That arrived, duplicates included.</param>
/// <param name="Lost">Numbers between the lowest and the highest one that never arrived.</param>
/// <param name="Duplicate">That had arrived before.</param>
/// <param name="Reordered">That arrived behind a higher number, for the first time.</param>
internal readonly record struct TrailerTotals(long Received, long Lost, long Duplicate, long Reordered)
{
    public static TrailerTotals operator +(TrailerTotals left, TrailerTotals right) => new(
        left.Received + right.Received, left.Lost + right.Lost, left.Duplicate + right.Duplicate, left.Reordered + right.Reordered);

    /// <summary>Of one stream of one sender.</summary>
    /// <param name="numbers">At least one, in order of arrival; they do not wrap within a test.</param>
    public static TrailerTotals Of(IEnumerable<uint> numbers)
    {
        HashSet<uint> seen = [];
        long received = 0, duplicate = 0, reordered = 0;
        uint lowest = uint.MaxValue, highest = 0;
        foreach (uint number in numbers)
        {
            received++;
            if (!seen.Add(number))
                duplicate++;
            else if (number < highest)
                reordered++;
            lowest = Math.Min(lowest, number);
            highest = Math.Max(highest, number);
        }

        return new TrailerTotals(received, highest - lowest + 1L - seen.Count, duplicate, reordered);
    }
}
