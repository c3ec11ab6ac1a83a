using OppTel.Wire;

namespace OppTel.Host.Survey;

/// <summary>Plays the carriers of a host as they come against one number of metrics.</summary>
/// <param name="metrics">How many.</param>
/// <param name="options">What a trailer may be, and when heartbeats leave.</param>
/// <param name="mtu">Of the interface, in bytes.</param>
public sealed class Estimator(int metrics, SurveyOptions options, int mtu)
{
    private readonly AgeModel alone = new(metrics);
    private readonly HeartbeatModel? filled = options.MaxAge > TimeSpan.Zero
        ? new HeartbeatModel(metrics, options.MaxAge, options.Budget.Values(mtu - ControlHeader.Size))
        : null;

    /// <summary>A carrier leaves.</summary>
    /// <param name="time">Nanoseconds since the survey began.</param>
    /// <param name="room">Bytes.</param>
    public void Carry(ulong time, int room)
    {
        int values = options.Budget.Values(room);
        alone.Carry(time, values);
        filled?.Carry(time, values);
    }

    /// <summary>Ends the observation.</summary>
    /// <param name="time">Nanoseconds since the survey began.</param>
    public EstimateReport Finish(ulong time)
    {
        double seconds = time * 1e-9;
        AgeDistribution ages = alone.Finish(time);
        // What is due by the end leaves before anything is read.
        AgeDistribution? filledAges = filled?.Finish(time);
        return new EstimateReport(
            metrics,
            Service(alone.Trailers, 0, alone.Records, ages, seconds),
            filledAges is null ? null : Service(filled!.Trailers, filled.Heartbeats, filled.Records, filledAges, seconds));
    }

    private static ServiceReport Service(ulong trailers, ulong heartbeats, ulong records, AgeDistribution ages, double seconds)
    {
        bool isServed = trailers > 0;
        double bytes = (trailers * (double)WireFormat.FooterSize) + (records * (double)WireFormat.ValueSize);
        return new ServiceReport(
            trailers / seconds,
            heartbeats / seconds,
            records / seconds,
            bytes / seconds,
            isServed
                ? new AgeReport(ages.Quantile(0.5), ages.Quantile(0.99), ages.Oldest, !ages.IsWhole)
                : new AgeReport(null, null, null, AtLeast: true),
            isServed ? [.. Enumerable.Range(0, 101).Select(percent => ages.Quantile(percent / 100.0) ?? 0)] : []);
    }
}
