using OppTel.Segment;
using OppTel.Sketches;
using OppTel.Telemetry;

namespace OppTel.Aggregator.Draining;

/// <summary>What the drain thread shows to web requests; replaced as a whole.</summary>
/// <param name="Dataplane">The dataplane's counters; null while no segment is attached.</param>
/// <param name="Activity">The second that ended last.</param>
/// <param name="Attachments">Segments attached so far.</param>
/// <param name="Resyncs">Times that a ring was found damaged.</param>
/// <param name="PendingBytes">Bytes that wait in the rings.</param>
/// <param name="Unroutable">Ring records of ports that the segment does not have, or of unknown kinds.</param>
internal sealed record AggregatorView(
    DataplaneSnapshot? Dataplane, Activity Activity, ulong Attachments, ulong Resyncs, ulong PendingBytes, ulong Unroutable)
{
    /// <summary>Nothing yet.</summary>
    public static AggregatorView Empty { get; } = new(null, Activity.None, 0, 0, 0, 0);

    /// <summary>The host behind each of the dataplane's ports; null for a port that nothing came from.</summary>
    public IReadOnlyList<HostReceiver?> HostOfPort { get; init; } = [];

    /// <summary>Whether there is no dataplane to wait for: hosts send datagrams.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether telemetry can flow: a live dataplane's segment is attached.</summary>
    public bool IsReady => Dataplane is { IsFresh: true };
}

/// <summary>Rates over one interval of about a second.</summary>
/// <param name="PacketsPerSecond">Packets from hosts.</param>
/// <param name="CarriersPerSecond">Of these, packets that carried a trailer.</param>
/// <param name="RecordsPerSecond">Records taken in.</param>
/// <param name="AgeP50">Median age of records on arrival, in seconds; null when none came.</param>
/// <param name="AgeP99">The age that 99 % of the records did not exceed, in seconds.</param>
internal sealed record Activity(
    double PacketsPerSecond, double CarriersPerSecond, double RecordsPerSecond, double? AgeP50, double? AgeP99)
{
    /// <summary>Nothing yet.</summary>
    public static Activity None { get; } = new(0, 0, 0, null, null);
}

/// <summary>Makes an <see cref="Activity"/> of every interval.</summary>
internal sealed class ActivityMeter
{
    private readonly ExponentialHistogram ages = RecordAges.NewHistogram();
    private ulong lastTime;
    private ulong lastInstance;
    private ulong lastPackets;
    private ulong lastCarriers;
    private ulong lastRecords;

    /// <summary>Ends an interval.</summary>
    /// <param name="dataplane">The dataplane's counters, or null.</param>
    /// <param name="hosts">All hosts, their ages rolled.</param>
    /// <param name="now">CLOCK_BOOTTIME ns.</param>
    public Activity Next(DataplaneSnapshot? dataplane, IReadOnlyList<HostReceiver> hosts, ulong now)
    {
        ulong packets = dataplane?.Sum(PortSide.Host, PortCounter.RxPackets) ?? 0;
        ulong carriers = dataplane?.Sum(PortSide.Host, PortCounter.Carriers) ?? 0;
        ulong records = hosts.Aggregate(0ul, (sum, host) => sum + host.Records);
        double seconds = (now - lastTime) / 1e9;
        MergeAges(hosts);
        // The first interval of a dataplane would show all of its past as one second.
        bool isSame = lastInstance != 0 && dataplane?.Started == lastInstance;
        Activity activity = new(
            isSame ? (packets - lastPackets) / seconds : 0,
            isSame ? (carriers - lastCarriers) / seconds : 0,
            lastTime != 0 && records >= lastRecords ? (records - lastRecords) / seconds : 0,
            Quantile(0.5),
            Quantile(0.99));
        (lastTime, lastInstance, lastPackets, lastCarriers, lastRecords) = (now, dataplane?.Started ?? 0, packets, carriers, records);
        return activity;
    }

    private void MergeAges(IReadOnlyList<HostReceiver> hosts)
    {
        ages.Clear();
        foreach (HostReceiver host in hosts)
            ages.Merge(host.Ages.LastInterval);
    }

    private double? Quantile(double share) => ages.Count == 0 ? null : ages.Quantile(share);
}
