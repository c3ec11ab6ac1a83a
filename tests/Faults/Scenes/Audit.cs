using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Testbeds.Links;

namespace OppTel.Faults.Tests.Scenes;

/// <summary>What the aggregator counted of a host's trailers.</summary>
/// <param name="Totals">What arrived, what is lost for good or missing so far, what came twice or late.</param>
internal readonly record struct Audit(TrailerTotals Totals)
{
    /// <summary>Numbers that it knows something of: each arrived, or is lost.</summary>
    public long Span => Totals.Received - Totals.Duplicate + Totals.Lost;

    public static Audit Read(Testbed testbed)
    {
        Exposition page = testbed.DpuMetrics();
        return new Audit(new TrailerTotals(
            (long)page.Sum("opptel_stream_trailers_received_total"),
            (long)(page.Sum("opptel_stream_trailers_lost_total") + page.Sum("opptel_stream_trailers_missing")),
            (long)page.Sum("opptel_stream_trailers_duplicate_total"),
            (long)page.Sum("opptel_stream_trailers_reordered_total")));
    }
}
