namespace OppTel.Exports.RemoteWrite;

/// <summary>The buckets of one sign as native histograms spell them: spans without long gaps, and each count as a difference.</summary>
/// <param name="Spans">Gap to the span before (the number of the first bucket, of the first one), and length.</param>
/// <param name="Deltas">Each count minus the one before, over all spans.</param>
internal sealed record NativeBuckets(IReadOnlyList<(int Offset, uint Length)> Spans, IReadOnlyList<long> Deltas)
{
    /// <summary>Empty buckets in a row that are cheaper to write than a new span.</summary>
    private const int LongestGap = 2;

    /// <summary>From counts of consecutive buckets.</summary>
    /// <param name="offset">Number of the first one, as OpenTelemetry counts: Prometheus counts one more.</param>
    /// <param name="counts">Counts.</param>
    public static NativeBuckets Of(int offset, ReadOnlySpan<ulong> counts)
    {
        List<(int Offset, uint Length)> spans = [];
        List<long> deltas = [];
        long last = 0;
        int next = 0, end = offset + 1;
        while (next < counts.Length)
        {
            int gap = counts[next..].IndexOfAnyExcept(0ul);
            if (gap < 0)
                break;
            if (spans.Count == 0 || gap > LongestGap)
            {
                spans.Add((spans.Count == 0 ? end + gap : gap, 0));
                next += gap;
                gap = 0;
            }

            // What is left of a short gap belongs to the span.
            for (int bucket = 0; bucket <= gap; bucket++, next++)
            {
                deltas.Add((long)counts[next] - last);
                last = (long)counts[next];
            }

            spans[^1] = (spans[^1].Offset, spans[^1].Length + (uint)gap + 1);
        }

        return new NativeBuckets(spans, deltas);
    }
}
