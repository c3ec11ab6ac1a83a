namespace OppTel.Recorder.Queries;

/// <summary>The records next to a time: the last one before it, or the first one from it on, of each series.</summary>
internal sealed class Neighbours(RecordHistory history, Workspace workspace, SeriesSelection selection, CancellationToken cancellation)
{
    /// <summary>The last record before <paramref name="time"/> of each series; null where there is none.</summary>
    public ScannedRecord?[] Before(long time)
    {
        ScannedRecord?[] best = new ScannedRecord?[selection.Series.Count];
        List<BlockView> views = BlockView.Of(history, long.MinValue, time);
        views.Reverse();
        Look(views, isBackward: true, long.MinValue, time, best,
            (record, known) => record.Time > known.Time,
            (known, view) => known.Time >= view.To);
        return best;
    }

    /// <summary>The first record from <paramref name="time"/> on of each series; null where there is none.</summary>
    public ScannedRecord?[] From(long time)
    {
        ScannedRecord?[] best = new ScannedRecord?[selection.Series.Count];
        Look(BlockView.Of(history, time, long.MaxValue), isBackward: false, time, long.MaxValue, best,
            (record, known) => record.Time < known.Time,
            (known, view) => known.Time <= view.From);
        return best;
    }

    private void Look(
        List<BlockView> views, bool isBackward, long from, long to, ScannedRecord?[] best,
        Func<ScannedRecord, ScannedRecord, bool> isBetter, Func<ScannedRecord, BlockView, bool> isFinal)
    {
        foreach (BlockView view in views)
        {
            cancellation.ThrowIfCancellationRequested();
            List<RecordedSeries> open = [];
            for (int index = 0; index < best.Length; index++)
            {
                if (best[index] is not { } known || !isFinal(known, view))
                    open.Add(selection.Series[index]);
            }

            // A block behind this one may begin earlier: it has the late trailers.
            if (open.Count == 0)
                continue;
            workspace.Found.Clear();
            view.Decode(history, workspace, open.Count == best.Length ? selection : new SeriesSelection(open), from, to);
            // Of records of one time the one counts that is the nearest by arrival.
            Span<ScannedRecord> found = workspace.Found.Records;
            if (isBackward)
                found.Reverse();
            foreach (ref readonly ScannedRecord record in found)
            {
                int index = selection.Find((open.Count == best.Length ? selection.Series : open)[record.Series].Id);
                if (best[index] is not { } known || isBetter(record, known))
                    best[index] = record with { Series = index };
            }
        }
    }
}
