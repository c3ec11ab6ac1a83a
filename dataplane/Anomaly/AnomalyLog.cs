namespace OppTel.Anomaly;

/// <summary>The last anomalies, bounded. Written by the thread that looks for them, read by any.</summary>
/// <param name="capacity">Anomalies that are kept.</param>
public sealed class AnomalyLog(int capacity = 1000)
{
    private readonly Lock guard = new();
    private readonly Queue<long> order = [];
    private readonly Dictionary<long, DetectedAnomaly> anomalies = [];

    /// <summary>All that are kept, in the order in which they began.</summary>
    public IReadOnlyList<DetectedAnomaly> Recent()
    {
        lock (guard)
            return [.. order.Select(id => anomalies[id])];
    }

    /// <summary>Adds one; the oldest may have to go.</summary>
    internal void Add(DetectedAnomaly anomaly)
    {
        lock (guard)
        {
            anomalies.Add(anomaly.Id, anomaly);
            order.Enqueue(anomaly.Id);
            if (order.Count > capacity)
                anomalies.Remove(order.Dequeue());
        }
    }

    /// <summary>Replaces what was said of one, if it is still kept.</summary>
    internal void Update(DetectedAnomaly anomaly)
    {
        lock (guard)
        {
            if (anomalies.ContainsKey(anomaly.Id))
                anomalies[anomaly.Id] = anomaly;
        }
    }
}
