using OppTel.Telemetry;
using OppTel.Wire;

namespace OppTel.Dataplane.Replay;

/// <summary>A summary for people.</summary>
internal sealed class SummaryReport : ICarrierSink
{
    private ulong values;
    private ulong samples;

    /// <inheritdoc/>
    public void Take(ulong frame, in TrailerReader trailer)
    {
        values += (ulong)trailer.Footer.Values;
        samples += (ulong)trailer.Footer.Samples;
    }

    /// <summary>Prints what was found.</summary>
    public void Print(TextWriter output, Replayer replayer)
    {
        output.WriteLine($"packets   {replayer.Packets}");
        output.WriteLine($"carriers  {replayer.Carriers}");
        output.WriteLine($"records   {values + samples}: {values} values, {samples} samples");
        output.WriteLine($"control   {replayer.Control}");
        foreach ((string reason, ulong count) in replayer.Rejected)
            output.WriteLine($"rejected  {count} {reason}");
        IReadOnlyList<StreamCounts> streams = replayer.Streams.Senders();
        if (streams.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine("stream  epoch    received        lost   duplicate   reordered");
        foreach (StreamCounts counts in streams)
        {
            output.WriteLine(
                $"{counts.Stream,6}  {counts.Epoch,5}  {counts.Received,10}  {counts.Lost + (ulong)counts.Missing,10}  "
                + $"{counts.Duplicate,10}  {counts.Reordered,10}");
        }
    }
}
