using OppTel.Recorder;
using OppTel.Recorder.Dumps;
using OppTel.Recorder.Queries;
using OppTel.Triggers.Actions;

namespace OppTel.Aggregator;

/// <summary>Saves the recorder's history of a host for triggers.</summary>
/// <param name="history">What is recorded.</param>
/// <param name="dumps">Saves.</param>
internal sealed class HistoryDump(RecordHistory history, RecorderDump dumps) : IHistoryDump
{
    /// <inheritdoc/>
    public async Task<string> Write(string host, string name, ulong from, ulong to, CancellationToken cancellation)
    {
        try
        {
            SeriesSelection ofHost = new([.. history.Series.Where(series => series.Labels.Contains(new("host", host)))]);
            return (await dumps.SaveAsync(name, ofHost, (long)from, (long)to, cancellation).ConfigureAwait(false)).Path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or QueryException)
        {
            throw new TriggerActionException(exception.Message, exception);
        }
    }
}
