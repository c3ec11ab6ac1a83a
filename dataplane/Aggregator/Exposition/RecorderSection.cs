using OppTel.Exports;
using OppTel.Recorder;
using OppTel.Segment;

namespace OppTel.Aggregator.Exposition;

/// <summary>The part of the exposition about the recorder.</summary>
internal static class RecorderSection
{
    /// <summary>Writes what a recorder has; nothing when there is none.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="history">The recorder, or null.</param>
    public static void Write(MetricWriter writer, RecordHistory? history)
    {
        if (history is null)
            return;
        HistoryState state = history.State;
        void One(Telemetry.MetricFamily family, double value)
        {
            writer.Begin(family);
            writer.Sample(value);
        }

        One(Families.RecorderMemory, history.Used);
        One(Families.RecorderLimit, history.Memory);
        One(Families.RecorderRecords, state.Records);
        One(Families.RecorderBlocks, state.Blocks);
        One(Families.RecorderSeries, history.SeriesCount);
        One(Families.RecorderAge, state.Oldest is { } oldest ? Math.Max(0, ((long)Boottime.Now - oldest) / 1e9) : 0);
        One(Families.RecorderStored, state.StoredRecords);
        One(Families.RecorderStoredBytes, state.StoredBytes);
        writer.Begin(Families.RecorderNotKept);
        writer.Sample(history.NotKept, ("reason", "behind"));
        writer.Sample(history.Unknown, ("reason", "unknown_series"));
        writer.Sample(history.SeriesRefused, ("reason", "too_many_series"));
        writer.Sample(history.SeriesForgotten, ("reason", "too_many_ended_series"));
    }
}
