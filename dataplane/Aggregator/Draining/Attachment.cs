using Microsoft.Extensions.Logging;
using OppTel.Configuration;
using OppTel.Segment;

namespace OppTel.Aggregator.Draining;

/// <summary>
/// The mapping of the dataplane's segment: found when it appears, given up when its dataplane is gone and another one has
/// taken its place. Belongs to the drain thread.
/// </summary>
internal sealed class Attachment(string? path, ulong instance, ILogger logger) : IDisposable
{
    private const ulong RetryNanoseconds = 100_000_000;

    /// <summary>Another aggregator is gone when its heartbeat is silent for this long.</summary>
    private const ulong OtherAggregatorTimeout = 500_000_000;

    private readonly List<RingConsumer> rings = [];
    private ulong nextAttempt;
    private string? lastMessage;

    /// <summary>The segment; null while there is none.</summary>
    public SharedSegment? Segment { get; private set; }

    /// <summary>Number of rings.</summary>
    public int Rings => rings.Count;

    /// <summary>Times that a ring was found damaged, over all segments.</summary>
    public ulong Resyncs { get; private set; }

    /// <summary>Segments attached so far.</summary>
    public ulong Attachments { get; private set; }

    /// <summary>
    /// Fails early on what waiting does not cure.
    /// </summary>
    /// <exception cref="OperatorException">The segment is there, but this user may not map it.</exception>
    public static void CheckAccess(string path)
    {
        try
        {
            SharedSegment.Attach(path).Dispose();
        }
        catch (SegmentException exception) when (exception.InnerException is UnauthorizedAccessException)
        {
            throw new OperatorException(
                ExitCode.NoPermission,
                $"{exception.Message} Run the aggregator as a user of the group in the dataplane's segment.group.",
                exception);
        }
        catch (SegmentException)
        {
            // Missing or of another release: the drain thread says so, and waits for a better one.
        }
    }

    /// <summary>Attaches if it is time to try; true when a new segment was attached just now.</summary>
    public bool TryAttach(ulong now)
    {
        if (Segment is not null && !IsOurs)
            Detach();
        if (path is null || now < nextAttempt || (Segment is not null && !IsAbandoned(Segment, now)))
            return false;
        nextAttempt = now + RetryNanoseconds;
        SharedSegment? candidate = Open(now);
        if (candidate is null)
            return false;
        Segment?.Dispose();
        Segment = candidate;
        Volatile.Write(ref candidate.Header.AggregatorInstance, instance);
        rings.Clear();
        for (int worker = 0; worker < candidate.Workers; worker++)
            rings.Add(candidate.Consumer(worker));
        Attachments++;
        lastMessage = null;
        logger.LogInformation(
            "attached to {Path}: dataplane {Process}, {Workers} workers, {Ports} ports",
            path, candidate.Header.ProcessId, candidate.Workers, candidate.Ports);
        return true;
    }

    /// <summary>
    /// Reads up to <paramref name="limit"/> records of a ring into <paramref name="receive"/>, until that has had enough; the number read.
    /// </summary>
    public int Drain(int ring, int limit, RecordReceiver receive)
    {
        if (!IsOurs)
            return 0;
        // The consumer counts inside itself: it is worked on in place, without a copy.
        ref RingConsumer consumer = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rings)[ring];
        ulong before = consumer.Resyncs;
        int read = 0;
        bool goesOn = true;
        while (goesOn && read < limit && consumer.TryRead(out RecordHeader header, out ReadOnlySpan<byte> payload))
        {
            goesOn = receive(header, payload);
            read++;
        }

        consumer.Release();
        Resyncs += consumer.Resyncs - before;
        return read;
    }

    /// <summary>Bytes that wait in all rings.</summary>
    public ulong Pending()
    {
        ulong pending = 0;
        foreach (RingConsumer ring in rings)
            pending += ring.Pending;
        return pending;
    }

    public void Dispose() => Segment?.Dispose();

    /// <summary>A ring has one consumer: whoever stood still for long finds that another aggregator took over.</summary>
    private bool IsOurs => Segment is { } segment && Volatile.Read(ref segment.Header.AggregatorInstance) == instance;

    private void Detach()
    {
        Segment?.Dispose();
        Segment = null;
        rings.Clear();
    }

    private static bool IsAbandoned(SharedSegment segment, ulong now)
    {
        ulong heartbeat = Volatile.Read(ref segment.Header.DataplaneHeartbeat);
        return segment.Header.State == (uint)SegmentState.Stopped
            || (heartbeat < now && now - heartbeat > DataplaneSnapshot.Freshness);
    }

    private SharedSegment? Open(ulong now)
    {
        SharedSegment candidate;
        try
        {
            candidate = SharedSegment.Attach(path!);
        }
        catch (SegmentException exception)
        {
            Say(exception.Message + " Waiting for the dataplane.");
            return null;
        }

        ulong heartbeat = Volatile.Read(ref candidate.Header.AggregatorHeartbeat);
        ulong other = Volatile.Read(ref candidate.Header.AggregatorInstance);
        if (candidate.Header.Instance == Segment?.Header.Instance || candidate.Header.State == (uint)SegmentState.Stopped)
            Say($"the dataplane of {path} has stopped or is silent; waiting for it or its successor");
        else if (other != 0 && other != instance && heartbeat + OtherAggregatorTimeout > now)
            Say($"another aggregator drains {path}; waiting until it is gone");
        else
            return candidate;
        candidate.Dispose();
        return null;
    }

    /// <summary>Logs what has changed, not what is still so.</summary>
    private void Say(string message)
    {
        if (message == lastMessage)
            return;
        lastMessage = message;
        logger.LogWarning("{Message}", message);
    }
}

/// <summary>Takes one record of a ring; the payload is valid during the call. False: no more of this ring for now.</summary>
internal delegate bool RecordReceiver(in RecordHeader header, ReadOnlySpan<byte> payload);
