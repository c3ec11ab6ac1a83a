using System.Runtime.CompilerServices;

namespace OppTel.Telemetry.Windows;

/// <summary>
/// The windows of one series that are filled now, and those that ended last. Nobody has to end them: whoever writes or reads says how
/// late it is, and a reader does so on its own copy.
/// </summary>
internal struct WindowState
{
    private ulong second;
    private Sums filling;
    private Sums ended;
    private Numbers endedNumbers;

    /// <summary>Takes a record, as <see cref="WindowSums.Add"/> does.</summary>
    public void Add(ulong arrival, double value, double grown, long elapsed)
    {
        Advance(arrival);
        filling[(int)WindowSpan.Second].Add(value, grown, elapsed);
    }

    /// <summary>Ends what has ended by <paramref name="now"/>, the DPU's clock; a time before the last one changes nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(ulong now)
    {
        ulong next = now / WindowSpans.Nanoseconds;
        if (next > second)
            End(next);
    }

    /// <summary>The window of a span that ended last, as of the last <see cref="Advance"/>.</summary>
    public readonly SeriesWindow Ended(WindowSpan span) =>
        endedNumbers[(int)span] == second / span.Seconds() ? ended[(int)span].ToWindow() : SeriesWindow.Empty;

    private void End(ulong next)
    {
        WindowSums shorter = default;
        for (WindowSpan span = WindowSpan.Second; span <= WindowSpan.Minute; span++)
        {
            ref WindowSums sums = ref filling[(int)span];
            sums.Append(shorter);
            ulong number = second / span.Seconds();
            if (next / span.Seconds() == number)
                break;
            ended[(int)span] = shorter = sums;
            // Of the window that follows, which is the one that it is the last before.
            endedNumbers[(int)span] = number + 1;
            sums = default;
        }

        second = next;
    }

    [InlineArray(WindowSpans.Count)]
    private struct Sums
    {
        private WindowSums first;
    }

    [InlineArray(WindowSpans.Count)]
    private struct Numbers
    {
        private ulong first;
    }
}
